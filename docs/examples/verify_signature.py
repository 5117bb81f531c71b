"""Check a signature of Farol with securesystemslib and nothing of Farol.

pip install "securesystemslib[crypto]"
python verify_signature.py TRUSTED_KEY.pem FOLDER_OF_THE_PUBLICATION/attestation.json
"""

import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

key_file, attestation = Path(sys.argv[1]), Path(sys.argv[2])
key = SSlibKey.from_crypto(load_pem_public_key(key_file.read_bytes()))
envelope = Envelope.from_dict(json.loads(attestation.read_bytes()))
envelope.verify([key], threshold=1)  # raises unless this key signed exactly this payload
if envelope.payload_type != "application/vnd.in-toto+json":
    sys.exit(f"It is a signature of {envelope.payload_type}, not of an in-toto statement")

statement = json.loads(envelope.payload)
signed = {each["name"]: each["digest"]["sha256"] for each in statement["subject"]}
if "metadata.json" in signed:  # the manifest of a publication: it names the Parquet files
    manifest = json.loads((attestation.parent / "metadata.json").read_bytes())
    signed |= {Path(file["path"]).name: file["sha256"] for file in manifest["files"]}
for name, digest in signed.items():
    file = attestation.parent / name
    found = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None
    if found not in (digest, None):
        sys.exit(f"{name} has the SHA-256 {found}; signed was {digest}")
    print("as signed" if found else "not here ", digest, name)
print(f"Signed by {key.keyid}: {json.dumps(statement['predicate'], indent=2)}")
