#!/usr/bin/env python3
"""Checks a receipt of alis with nothing but the published key: verify_receipt.py FILE KEY

FILE is what GET /v1/log/receipts/{position} answered, KEY the published key (name+hash+base64).
docs/receipts.md describes every step. Standard library only; Ed25519 is that of RFC 8032.
"""
import base64
import hashlib
import json
import sys

P = 2**255 - 19  # the field, the group's order, the curve's constant, a root of -1
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def add(a, b):  # points as (X, Y, Z, T) with x = X/Z, y = Y/Z, T = XY/Z
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def point(data):  # from its 32 bytes: y, and which of the two x
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * I % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point of the curve")
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


def is_signed(key, text, signature):
    base = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or scalar >= Q:
        return False
    hashed = hashlib.sha512(signature[:32] + key + text).digest()
    a = multiply(scalar, base)
    b = add(point(signature[:32]), multiply(int.from_bytes(hashed, "little") % Q, point(key)))
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def decode(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not the one spelling of base64")
    return data


def checkpoint(note, vkey):
    """The name, size and root that the owner of the published key has signed."""
    name, key_id, key = vkey.strip().split("+", 2)
    key = decode(key)
    if key[0] != 1 or len(key) != 33 or sha256(name.encode(), b"\n", key)[:4].hex() != key_id:
        raise ValueError("not a published key")
    text, _, signatures = note.rpartition("\n\n")
    text, signed = text + "\n", False
    for line in signatures.removesuffix("\n").split("\n"):
        mark, signer, signature = line.split(" ")
        if mark != "\u2014" or not note.endswith("\n"):
            raise ValueError("not a signed note")
        if signer == name and decode(signature)[:4].hex() == key_id:
            if not is_signed(key[1:], text.encode(), decode(signature)[4:]):
                raise ValueError("the signature does not hold")
            signed = True
    origin, size, root = text.split("\n")[:3]
    if not signed or origin != name or str(int(size)) != size:
        raise ValueError("the checkpoint is not signed by this key")
    return name, int(size), decode(root)


def leaf(event):
    """The bytes of an event: docs/receipts.md, "What is hashed"."""
    number = lambda value: value.to_bytes(8, "big", signed=True)
    data = lambda value: len(value).to_bytes(4, "big") + value
    text = lambda value: data(value.encode())
    texts = lambda values: len(values).to_bytes(4, "big") + b"".join(map(text, values))
    municipality = event["municipality"]
    id_bytes = bytes.fromhex(event["id"].replace("-", ""))
    if "-".join(map(bytes.hex, [id_bytes[a:b] for a, b in
                ((0, 4), (4, 6), (6, 8), (8, 10), (10, 16))])) != event["id"]:
        raise ValueError("not the one spelling of an id")
    return b"".join([
        text("alis.event.v1"), number(event["log"]), number(event["position"]), data(id_bytes),
        text(event["type"]), number(event["schema_version"]), number(event["recorded_at_us"]),
        text(event["effective_from"]), texts([] if municipality is None else [municipality]),
        texts(event["subjects"]), text(event["payload"]), text(event["meta"]),
    ])


def is_included(hashed, index, size, proof, root):
    """RFC 9162, 2.1.3.2."""
    last = size - 1
    if not 0 <= index < size:
        return False
    for step in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            hashed = sha256(b"\x01", step, hashed)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            hashed = sha256(b"\x01", hashed, step)
        index, last = index >> 1, last >> 1
    return last == 0 and hashed == root


def once(pairs):  # a field that comes twice would be read in two ways
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a field comes twice")
    return dict(pairs)


def verify(receipt, vkey):
    """The event of a receipt and the size of its log; ValueError when the receipt proves nothing."""
    receipt = json.loads(receipt, object_pairs_hook=once)
    event, inclusion = receipt["event"], receipt["inclusion"]
    fields = {"log", "position", "id", "type", "schema_version", "recorded_at_us",
              "effective_from", "municipality", "subjects", "payload", "meta"}
    if (set(receipt) != {"format", "event", "inclusion", "checkpoint", "key_name"}
            or set(inclusion) != {"size", "hashes"} or set(event) != fields
            or receipt["format"] != "alis.receipt.v1" or type(inclusion["size"]) is not int
            or any(type(event[field]) is not int
                   for field in ("log", "position", "schema_version", "recorded_at_us"))):
        raise ValueError("not a receipt of a known form")
    name, size, root = checkpoint(receipt["checkpoint"], vkey)
    proof = [decode(text) for text in inclusion["hashes"]]
    hashed = sha256(b"\x00", leaf(event))
    if (receipt["key_name"] != name or inclusion["size"] != size
            or any(len(step) != 32 for step in proof)
            or not is_included(hashed, event["position"] - 1, size, proof, root)):
        raise ValueError("the event is not in the log that the checkpoint is of")
    return event, size


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            event, size = verify(file.read(), sys.argv[2])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        sys.exit(f"The receipt proves nothing: {error}")
    print(f"The receipt holds: {event['type']} at position {event['position']} of {size}.")


if __name__ == "__main__":
    main()
