"""What BuildKit calls the frontend `dockerfile.v0`: from a client's attributes and a Dockerfile to what a build is.

attributes.py   `--build-arg`, `--target` and all others, as clients send them
contexts.py     named contexts: what each is
follow.py       which files of a context a build reads
lines.py        what progress calls each step: `[stage-1 2/3] RUN …`
configs.py      the configuration of the image that comes out
"""
