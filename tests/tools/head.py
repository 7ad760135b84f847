"""head.py KEY=VALUE ... < STREAM: the stream with other values in the meta of its heads, a.b for one within another;
values are Python's, None removes the key. Its tails count frames, and have no checksum."""
import msgpack, sys

for o in msgpack.Unpacker(sys.stdin.buffer, strict_map_key=False, max_buffer_size=0):
    if o["cv"] == "head":
        for change in sys.argv[1:]:
            keys, value = change.split("=", 1)
            *path, key = keys.split(".")
            at = o["meta"]
            for k in path:
                at = at[k]
            at[key] = eval(value, {"nan": float("nan"), "inf": float("inf")})
            if at[key] is None:
                del at[key]
    if o["cv"] == "tail":
        o.pop("xxh3", None)
    sys.stdout.buffer.write(msgpack.packb(o))
