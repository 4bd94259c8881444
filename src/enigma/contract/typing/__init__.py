"""The static checker: kinds and secrecy of every expression, on all paths, before anything runs."""

from enigma.contract.typing.checking import check, disclosures, problems, sentences
from enigma.contract.typing.frame import Disclosure
from enigma.contract.typing.opening import reveals

__all__ = ["Disclosure", "check", "disclosures", "problems", "reveals", "sentences"]
