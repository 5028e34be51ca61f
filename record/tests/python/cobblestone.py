"""Seals or opens one part with the Cobblestone-256 of `cryptography` (50 or newer).

Usage: cobblestone.py seal|open KEY_HEX CONTEXT_HEX < input > output
Exit: 0 done, 1 the input does not open, 77 this interpreter lacks the package.
"""

import sys

try:
    from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
except ImportError:
    sys.exit(77)

action, key, context = sys.argv[1], bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3])
cipher = {"seal": Cobblestone256Encryptor, "open": Cobblestone256Decryptor}[action](key, context)
output = cipher.update(sys.stdin.buffer.read())
sys.stdout.buffer.write(output + cipher.finalize())
