"""One line with each client: the exit code and both outputs are equal, but for ids, times and the command's name.

Lines run in this order on one engine. `%V` is `a` for the real client and `b` for ours, so that each makes its own;
`%O` is a part of an address that is likewise theirs alone.
"""

import re
import shlex

import pytest
from tests.support.client import Docker, Result
from tests.support.wait import wait_until

LINES = """
ps
ps -aq
ps -a --no-trunc
ps -as
ps -a --format '{{.Names}}'
ps -f status=exited -f name=done
ps -f x=y
images
images -q
images nope
history busybox
history --platform linux/amd64 busybox
history --platform linux/s390x busybox
image inspect --platform linux/amd64 -f '{{.Architecture}}' busybox
image inspect --platform linux/s390x busybox
save --platform linux/s390x -o none.tar busybox
rmi --platform linux/s390x busybox
rmi --platform linux/amd64 busybox
inspect long
inspect -f '{{.State.Status}} {{.Config.Env}} {{.HostConfig.PortBindings}}' long
inspect nope nope2
inspect busybox
container inspect long nope
network inspect bridge
volume inspect vol1
network ls
volume ls
port long
port long 80/tcp
port long 99
top long
top long -o pid,args
top done
logs long
logs --tail 2 long
logs done
logs --since 1h --tail 1 long
logs --tail x long
wait done
diff done
exec long echo hi
exec long sh -c 'echo out; echo err >&2; exit 7'
exec -i long cat <<< hello
exec long nope
exec long /etc
exec -e A=b -w /tmp -u 0 long sh -c 'echo $A $PWD'
exec -d long true
exec done true
exec nope true
run --rm busybox echo hi
run --rm -i busybox cat <<< hello
run --rm busybox sh -c 'exit 3'
run --rm busybox sh -c 'kill -9 $$'
run --rm -t busybox echo hi
run --rm --network none busybox cat /proc/1/cmdline
run --rm --entrypoint echo busybox a b
run --rm -e A=b busybox sh -c 'echo $A'
run --rm -a stderr busybox sh -c 'echo out; echo err >&2'
run --rm --name x%V-1 busybox true
run --rm --name done busybox true
run --name a/b busybox
run --rm busybox nope
run --rm busybox /etc
run --rm -v vol1:/v -w /v busybox pwd
run -it busybox true
run -d -a stdin busybox
run --rm -m 1k busybox
run --rm --restart=always busybox
run --rm --pull never nope
create --name x%V-2 busybox true
create --name done busybox
start x%V-2
start -a x%V-2
start x%V-2 nope
rename x%V-2 x%V-3
rename nope x
rename x%V-3 done
stop x%V-3
stop nope nope2
restart -t 0 x%V-3
kill x%V-3
kill nope
pause x%V-3
start -a done
start -ai done
attach done
attach nope
rm long
rm x%V-3
rm nope
rm -f nope
commit done x%V-img
commit -m hi -a me -c 'CMD ["x"]' done x%V-img:2
tag busybox x%V-t:1
tag nope x
tag busybox X/Y
tag busybox a:b:c
rmi x%V-t:1
rmi x%V-img x%V-img:2
rmi nope
rmi -f nope
network create
network create x%V-n
network create x%V-n
network create --subnet nope x%V-m
network create --subnet 10.2%O.0.0/16 --ip-range 10.2%O.5.0/24 --gateway 10.2%O.5.1 --aux-address a=10.2%O.5.9 x%V-m
network create --gateway 10.9.0.1 x%V-o
network create --subnet 10.9.0.0/16 --subnet 10.9.4.0/24 x%V-o
network create --subnet 10.9.0.0/16 --gateway 10.8.0.1 x%V-o
network create --subnet 10.9.0.0/16 --ip-range 10.8.0.0/24 x%V-o
network create --subnet 10.9.0.0/16 --aux-address a=10.8.0.1 x%V-o
network inspect -f '{{json .IPAM.Options}} {{json .Labels}} {{len .IPAM.Config}} {{.EnableIPv6}}' x%V-m
network connect
network connect --alias al --ip 10.2%O.7.7 x%V-m long
inspect -f '{{with index .NetworkSettings.Networks "x%V-m"}}{{.Aliases}} {{json .IPAMConfig}}{{end}}' long
network rm x%V-m
network disconnect x%V-m long
network disconnect x%V-m long
network rm nope
network rm -f nope
network rm x%V-m x%V-n
network prune -f
volume create x%V-v
volume create x%V-v
volume rm x%V-v
volume rm nope
volume rm vol1
info -f '{{.Driver}} {{.NCPU}}'
version -f '{{.Server.Version}} {{.Server.APIVersion}}'
load
load -i /nope
save -o /nope/x busybox
import /nope
export nope
events --since x
events --since 1h --until 0s -f container=done -f event=create --format '{{.Type}} {{.Actor.Attributes.image}}'
update -m 64m nope
update --restart always done
update --restart no done
container prune <<< n
image prune -f
""".strip().split("\n")


OCTETS = {"a": "31", "b": "32"}


def normalised(text: str) -> str:
    """Text without what differs from call to call."""
    text = text.replace("dockyard", "docker")
    text = re.sub(r"\b[0-9a-f]{64}\b", "<ID>", text)
    text = re.sub(r"\b[0-9a-f]{12}\b", "<ID>", text)
    text = re.sub(r"\bx[ab]-", "x-", text)
    text = re.sub(r"\b10\.23[12]\.", "10.23x.", text)
    text = re.sub(r"(\d+ (seconds?|minutes?) ago|Less than a second ago|About a minute ago) *", "<AGO> ", text)
    text = re.sub(r"Up (\d+ seconds?|Less than a second|\d+ minutes|About a minute) *", "Up <TIME> ", text)
    text = re.sub(r"\d\d:\d\d:\d\d(\.\d+)?", "<TIME>", text)
    text = re.sub(r"on endpoint \S+", "on endpoint <NAME>", text)
    return re.sub(r"  +", "  ", text)  # columns are as wide as the times in them


def said(client: Docker, variant: str, line: str) -> Result:
    words, _, stdin = line.partition(" <<< ")
    words = words.replace("%V", variant).replace("%O", OCTETS[variant])
    result = client.result(*shlex.split(words), stdin=f"{stdin}\n" if stdin else None)
    return Result(result.code, normalised(result.out), normalised(result.err))


@pytest.fixture
def furnished(docker: Docker) -> Docker:
    """An engine with a container that runs and one that has ended."""
    script = "for i in 1 2 3; do echo line $i; done; exec sleep 1000"
    options = ("-p", "80", "-v", "vol1:/v", "-l", "a=b", "-e", "X=y")
    docker("run", "-d", "--name", "long", *options, "busybox", "sh", "-c", script)
    docker.result("run", "--name", "done", "busybox", "sh", "-c", "echo out; echo err >&2; exit 4")
    wait_until(lambda: docker("logs", "long").count("\n") == 2, "the lines of the container")
    return docker


@pytest.mark.client("1.50")
def test_both_clients_say_the_same(furnished: Docker, dockyard: Docker) -> None:
    different = []
    for line in LINES:
        theirs, ours = said(furnished, "a", line), said(dockyard, "b", line)
        if theirs != ours:
            different.append(f"{line}\n  docker:   {theirs}\n  dockyard: {ours}")
    assert not different, "\n".join(different)


def test_archives_of_both_clients_are_the_same(docker: Docker, dockyard: Docker) -> None:
    assert dockyard.raw("save", "busybox") == docker.raw("save", "busybox")
    container = docker("create", "busybox")
    assert dockyard.raw("export", container) == docker.raw("export", container)
