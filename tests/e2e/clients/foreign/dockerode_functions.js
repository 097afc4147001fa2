// What dockerode offers, as its README uses it; run by node's own test runner. Its npm package has no tests.

const { test, after } = require("node:test");
const assert = require("node:assert/strict");
const { PassThrough, Writable } = require("node:stream");
const { once } = require("node:events");
const Docker = require("dockerode");

const docker = new Docker({ socketPath: process.env.DOCKER_SOCKET });
const made = [];
after(() => Promise.all(made.map((container) => container.remove({ force: true, v: true }).catch(() => {}))));

async function create(options) {
  const container = await docker.createContainer({ Image: "busybox", Cmd: ["sleep", "1000"], ...options });
  made.push(container);
  return container;
}

async function started(options) {
  const container = await create(options);
  await container.start();
  return container;
}

function collector() {
  const chunks = [];
  const stream = new Writable({ write(chunk, _encoding, done) { chunks.push(chunk); done(); } });
  stream.text = () => Buffer.concat(chunks).toString();
  return stream;
}

async function textOf(stream) {
  const all = collector();
  stream.pipe(all);
  await once(all, "finish");
  return all.text();
}

async function demuxed(stream) {
  const [out, err] = [collector(), collector()];
  docker.modem.demuxStream(stream, out, err);
  await once(stream, "end");
  return [out.text(), err.text()];
}

test("system", async () => {
  assert.equal((await docker.ping()).toString(), "OK");
  assert.match((await docker.version()).ApiVersion, /^1\.\d+$/);
  const info = await docker.info();
  assert.equal(info.OSType, "linux");
  assert.ok((await docker.df()).LayersSize > 0);
});

test("a container's life", async () => {
  const container = await create({ name: "life", Labels: { mine: "yes" }, StopSignal: "SIGKILL" });
  assert.equal((await container.inspect()).State.Status, "created");
  await container.start();
  await assert.rejects(container.start(), { statusCode: 304 });
  await container.rename({ name: "renamed" });
  await container.pause();
  assert.ok((await container.inspect()).State.Paused);
  await container.unpause();
  await container.update({ Memory: 64 << 20, MemorySwap: -1 });
  assert.equal((await container.inspect()).HostConfig.Memory, 64 << 20);
  await container.restart({ t: 0 });
  const [listed] = await docker.listContainers({ filters: { label: ["mine=yes"] } });
  assert.deepEqual(listed.Names, ["/renamed"]);
  assert.match((await container.top()).Processes[0].join(" "), /sleep 1000/);
  const figures = await container.stats({ stream: false });
  assert.ok(figures.memory_stats.usage > 0);
  const waiting = container.wait();
  await container.kill();
  assert.equal((await waiting).StatusCode, 137);
  await container.remove();
  await assert.rejects(container.inspect(), { statusCode: 404 });
});

test("run", async () => {
  const out = collector();
  const [answer, container] = await docker.run("busybox", ["sh", "-c", "echo said; exit 4"], out, { Tty: true });
  made.push(container);
  assert.equal(answer.StatusCode, 4);
  assert.equal(out.text(), "said\r\n");
});

test("attach with stdin", async () => {
  const container = await create({ Cmd: ["cat"], OpenStdin: true, StdinOnce: true, AttachStdin: true });
  const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
  await container.start();
  const reading = demuxed(stream);
  stream.end("through the container\n");
  assert.deepEqual(await reading, ["through the container\n", ""]);
  assert.equal((await container.wait()).StatusCode, 0);
});

test("logs", async () => {
  const container = await started({ Cmd: ["sh", "-c", "echo out; echo err >&2; sleep 0.3; echo later"] });
  const followed = await demuxed(await container.logs({ follow: true, stdout: true, stderr: true }));
  assert.deepEqual(followed, ["out\nlater\n", "err\n"]);
  const tail = await container.logs({ stdout: true, tail: 1, timestamps: true });
  assert.match(tail.subarray(8).toString(), /^\d{4}-.*Z later\n$/);
});

test("exec", async () => {
  const container = await started();
  const exec = await container.exec({ Cmd: ["sh", "-c", "cat; echo e >&2; exit 3"], AttachStdin: true, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true, stdin: true });
  const reading = demuxed(stream);
  stream.end("typed\n");
  assert.deepEqual(await reading, ["typed\n", "e\n"]);
  assert.equal((await exec.inspect()).ExitCode, 3);

  const terminal = await container.exec({ Cmd: ["sh", "-c", "sleep 0.2; stty size"], Tty: true, AttachStdout: true });
  const screen = await terminal.start({ Tty: true });
  const seen = textOf(screen);
  await terminal.resize({ h: 33, w: 77 });
  assert.equal(await seen, "33 77\r\n");
});

test("files", async () => {
  const container = await create();
  const archive = await container.getArchive({ path: "/etc/passwd" });
  const bytes = Buffer.from(await textOf(archive));
  assert.match(bytes.toString(), /root:x:0:0/);
  await container.putArchive(bytes, { path: "/tmp" });
  const told = await container.infoArchive({ path: "/tmp/passwd" });
  const stat = JSON.parse(Buffer.from(told.headers["x-docker-container-path-stat"], "base64"));
  assert.equal(stat.name, "passwd");
  told.destroy(); // dockerode leaves the answer open
  const changes = await container.changes();
  assert.ok(changes.some((change) => change.Path === "/tmp/passwd" && change.Kind === 1));
  assert.ok((await textOf(await container.export())).length > 1 << 20);
});

test("images", async () => {
  const container = await create();
  const { Id } = await container.commit({ repo: "committed", tag: "one", changes: 'CMD ["echo", "committed"]' });
  const image = docker.getImage("committed:one");
  assert.equal((await image.inspect()).Id, Id);
  assert.ok((await image.history()).length >= 2);
  await image.tag({ repo: "committed", tag: "two" });
  const listed = await docker.listImages({ filters: { reference: ["committed"] } });
  assert.deepEqual(listed[0].RepoTags.sort(), ["committed:one", "committed:two"]);
  const saved = new PassThrough();
  (await image.get()).pipe(saved);
  await docker.getImage("committed:two").remove();
  await image.remove();
  await textOf(await docker.loadImage(saved));
  const out = collector();
  const [answer, ran] = await docker.run("committed:one", [], out);
  made.push(ran);
  assert.equal(answer.StatusCode, 0);
  await ran.remove();
  await image.remove();
  await assert.rejects(image.inspect(), { statusCode: 404 });
});

test("networks and volumes", async () => {
  const network = await docker.createNetwork({ Name: "ours", Labels: { a: "b" } });
  const volume = await docker.createVolume({ Name: "ours" });
  const one = await started({ HostConfig: { NetworkMode: "ours", Binds: ["ours:/data"] }, NetworkingConfig: { EndpointsConfig: { ours: { Aliases: ["one"] } } } });
  const two = await started({ Cmd: ["sh", "-c", "sleep 0.2; ping -c1 one"], HostConfig: { NetworkMode: "none" } });
  await two.remove({ force: true });
  const three = await create({ Cmd: ["ping", "-c1", "one"] });
  await network.connect({ Container: three.id });
  await three.start();
  assert.equal((await three.wait()).StatusCode, 0);
  assert.ok(Object.keys((await network.inspect()).Containers).includes(one.id));
  await network.disconnect({ Container: one.id, Force: true });
  await assert.rejects(volume.remove(), { statusCode: 409 });
  await one.remove({ force: true });
  await three.remove({ force: true });
  await network.remove();
  assert.equal((await volume.inspect()).Driver, "local");
  await volume.remove();
});

test("events", async () => {
  const stream = await docker.getEvents({ filters: { type: ["volume"] } });
  const heard = once(stream, "data");
  const volume = await docker.createVolume({ Name: "heard" });
  assert.equal(JSON.parse((await heard)[0]).Action, "create");
  stream.destroy();
  await volume.remove();
});

test("what Dockyard has no Swarm for is refused", async () => {
  await assert.rejects(docker.listServices(), { statusCode: 503 });
});

test("prune", async () => {
  const container = await create({ Labels: { prune: "me" } });
  const pruned = await docker.pruneContainers({ filters: { label: ["prune=me"] } });
  assert.deepEqual(pruned.ContainersDeleted, [container.id]);
  assert.deepEqual((await docker.pruneVolumes()).VolumesDeleted, []);
});
