"""One node of a committee, as people reach it: over HTTPS, known by what the chain says of it."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from enigma.chain.nodes import Registered
from enigma.contract.calling.documents import EnclosedDocument
from enigma.errors import ArgumentProblem, CertificateProblem, EnigmaError, NetworkError, WireError, rebuilt
from enigma.keys.account import Account
from enigma.keys.node import certificate_fingerprint
from enigma.keys.sealing import CHUNK_BYTES, HEAD_BYTES, TAG_BYTES
from enigma.keys.uploading import sign_upload
from enigma.net.endpoint import Endpoint
from enigma.sharing.contribution import Upload
from enigma.wire import Tree, codec

if TYPE_CHECKING:
    import httpx

SECONDS = 60.0
"""For one answer."""
IDLE_SECONDS = 2.0
"""After which an idle connection is not used again: long before a node closes it, as that could meet a question."""
MOST_CONNECTIONS = 16
UPLOAD_SECONDS = 3600
"""How long an upload's signature is good."""
ANSWER_LIMIT = 1 << 32


class SeatApi:
    """A node's port for people. Raises NetworkError where it does not answer, and what it says is wrong."""

    def __init__(self, node: Registered, chain: int) -> None:
        self.node, self._chain = node, chain
        self.url = Endpoint.parse(node.listing.endpoint).people
        if not self.url:
            raise ArgumentProblem(f"the node {node.node} has no port for people", hint="its operator registers one")
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    # ------------------------------------------------------------ before asking

    def put_source(self, contract: bytes, name: str, text: str, imports: Mapping[str, str]) -> None:
        """Give it a contract's source."""
        self._put(f"/v1/contracts/{contract.hex()}/source", codec.encode([name, text, dict(imports)]))

    def put_arguments(self, contract: bytes, function: str, octets: bytes) -> bytes:
        """Give it the public arguments of a coming question; their hash, as this node computes it."""
        told = self._put(f"/v1/contracts/{contract.hex()}/arguments/{function}", octets)
        return bytes.fromhex(told["hash"])

    def upload(
        self, contract: bytes, function: str, parameter: str, commitment: bytes, account: Account, upload: Upload
    ) -> Iterator[int]:
        """Send a contribution, from where an earlier try ended.

        Gives the bytes of each chunk when it has arrived; of those that were there already, together, at once.
        """
        place = f"/v1/contracts/{contract.hex()}/uploads/{commitment.hex()}/{account.address}"
        there = self._json("GET", place, params={"function": function, "parameter": parameter})
        if there["complete"]:
            yield upload.sealed_bytes
            return
        first = int(there["next"])
        if not 0 <= first <= len(upload):
            raise WireError(f"node {self.node.node} says that it has {first} chunks of {len(upload)}")
        if first:
            yield min(upload.sealed_bytes, HEAD_BYTES + first * (CHUNK_BYTES + TAG_BYTES))
        deadline = int(time.time()) + UPLOAD_SECONDS
        signature = sign_upload(
            account, self._chain, node=self.node.node, contract=contract, commitment=commitment, deadline=deadline
        )
        signed = {"deadline": deadline, "signature": "0x" + signature.hex()}
        for number in range(first, len(upload)):
            chunk = upload.chunk(number)
            self._json("PUT", f"{place}/{number}", content=chunk, params=signed)
            yield len(chunk)
        more = {"function": function, "parameter": parameter, "chunks": len(upload)}
        self._json("POST", place, params={**signed, **more})

    def upload_ciphertext(self, contract: bytes, account: Account, document: EnclosedDocument) -> Iterator[int]:
        """Send an encrypted document, from where an earlier try ended; gives what `upload` gives."""
        place = f"/v1/contracts/{contract.hex()}/content/{document.sha256.hex()}/{account.address}"
        there = self._json("GET", place)
        if there["complete"]:
            yield document.size
            return
        first = int(there["next"])
        if not 0 <= first <= len(document):
            raise WireError(f"node {self.node.node} says that it has {first} chunks of {len(document)}")
        if first:
            yield min(document.size, first * (CHUNK_BYTES + TAG_BYTES))
        deadline = int(time.time()) + UPLOAD_SECONDS
        signature = sign_upload(
            account, self._chain, node=self.node.node, contract=contract, commitment=document.sha256, deadline=deadline
        )
        signed = {"deadline": deadline, "signature": "0x" + signature.hex()}
        for number in range(first, len(document)):
            chunk = document.chunk(number)
            self._json("PUT", f"{place}/{number}", content=chunk, params=signed)
            yield len(chunk)
        self._json("POST", place, params={**signed, "chunks": len(document)})

    # ------------------------------------------------------------ afterwards

    def ciphertext(self, sha256: bytes, start: int = 0) -> Iterator[bytes]:
        """A stored ciphertext from byte `start` on, as this node has it: whoever asks checks it."""
        import httpx

        path = f"/v1/content/{sha256.hex()}"
        try:
            with self._connected().stream("GET", path, params={"start": start}) as answer:
                if answer.is_success:
                    yield from answer.iter_bytes()
                    return
                answer.read()
        except (httpx.HTTPError, OSError) as error:
            raise self._silent(error) from error
        raise self._refusal(answer)

    def job(self, number: int) -> dict[str, Any]:
        """How far it is with a job."""
        return self._json("GET", f"/v1/jobs/{number}")

    def answer(self, number: int) -> Any:
        """What all seats agreed on."""
        return self._tree(f"/v1/jobs/{number}/answer")

    def sealed(self, number: int, reader: str) -> Any:
        """Its shares of what is sealed to a reader."""
        return self._tree(f"/v1/jobs/{number}/sealed/{reader}")

    def contributions(self, number: int) -> Any:
        """What everybody may know of what a job brought, by parameter."""
        return self._tree(f"/v1/jobs/{number}/contributions")

    def cancel(self, number: int, signature: bytes) -> dict[str, Any]:
        """Take a question back, by its asker's signature; what the node says to that."""
        return self._json("POST", f"/v1/jobs/{number}/cancellation", params={"signature": "0x" + signature.hex()})

    def withdrawals(self, contract: bytes, owner: str) -> list[dict[str, Any]]:
        """What it says of an owner's withdrawals from a contract."""
        told = self._json("GET", f"/v1/contracts/{contract.hex()}/withdrawals/{owner}").get("withdrawals")
        if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
            raise WireError(f"node {self.node.node} speaks of withdrawals in another form")
        return told

    def ask(self, method: str, path: str, **more: Any) -> bytes:
        """What it answers to any other request, as httpx takes it: see `enigma.client.data_api`."""
        return self._ask(method, path, **more)

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    # ------------------------------------------------------------ inside

    def _put(self, path: str, octets: bytes) -> dict[str, Any]:
        return self._json("PUT", path, content=octets)

    def _json(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._ask(method, path, **more))
        return told

    def _tree(self, path: str) -> Tree:
        return codec.decode(self._ask("GET", path), limit=ANSWER_LIMIT)

    def _ask(self, method: str, path: str, **more: Any) -> bytes:
        import httpx

        try:
            try:
                answer = self._connected().request(method, path, **more)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                # A kept connection that the node was closing at this moment. What is put or asked for twice is once.
                if method not in ("GET", "PUT"):
                    raise
                answer = self._connected().request(method, path, **more)
        except (httpx.HTTPError, OSError) as error:
            raise self._silent(error) from error
        if answer.is_success:
            return answer.content
        raise self._refusal(answer)

    def _silent(self, error: Exception) -> NetworkError:
        return NetworkError(
            f"node {self.node.node} at {self.url} does not answer: {str(error) or type(error).__name__}",
            hint="ask its operator whether it runs; nothing was lost, the call can be repeated",
        )

    def _refusal(self, answer: httpx.Response) -> EnigmaError:
        try:
            said = json.loads(answer.content)
            return rebuilt(str(said["error"]), f"node {self.node.node}: {said['message']}", str(said["hint"]))
        except (ValueError, KeyError, TypeError):
            return NetworkError(f"node {self.node.node} at {self.url} answered {answer.status_code}")

    def _connected(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._client is None:
                limits = httpx.Limits(max_connections=MOST_CONNECTIONS, keepalive_expiry=IDLE_SECONDS)
                self._client = httpx.Client(base_url=self.url, verify=self._context(), timeout=SECONDS, limits=limits)
            return self._client

    def _context(self) -> ssl.SSLContext:
        """Trusts the node's own registered key; where it shows another, a certificate that this machine trusts."""
        host, _, port = self.url.removeprefix("https://").rpartition(":")
        try:
            shown = ssl.get_server_certificate((host.strip("[]"), int(port)), timeout=SECONDS)
        except OSError as error:
            raise NetworkError(
                f"node {self.node.node} at {self.url} does not answer: {error}", hint="ask its operator whether it runs"
            ) from error
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        try:
            own = certificate_fingerprint(shown.encode()) == self.node.listing.tls
        except CertificateProblem:
            own = False
        if own:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.check_hostname = False  # the key is the registered one: the name proves nothing more
            context.load_verify_locations(cadata=shown)
        return context
