#!/bin/sh
# Builds docker-init for an architecture:  build.sh x86_64 [COMPILER]
# The result is kept in the repository, since users have no compiler; tests build it again and compare what it does.
set -eu
cd "$(dirname "$0")"
"${2:-cc}" -std=gnu11 -Os -Wall -Wextra -Werror -static -nostdlib -nostartfiles -ffreestanding -fno-builtin \
    -fno-stack-protector -fno-asynchronous-unwind-tables -fno-pie -no-pie -fomit-frame-pointer -s \
    -Wl,--build-id=none,-z,noexecstack,-z,noseparate-code,--gc-sections -o "${3:-docker-init.$1}" docker-init.c
