"""Names on the chain: what Vyper keeps for itself, and what a contract's names become.

A name of the language never begins with `_`, so what does is ours: `_x` is where the field or the body of the function
`x` lives, `_0x` and the like what the translation adds.
"""

from __future__ import annotations

KEYWORDS = frozenset({
    "ada", "and", "as", "assert", "async", "await", "babbage", "break", "class", "constant", "continue", "def",
    "default", "del", "elif", "else", "empty_bytes32", "enum", "ether", "event", "except", "extcall", "false",
    "finally", "finney", "flagunreachable", "for", "from", "global", "gwei", "if", "immutable", "import", "in",
    "indexed", "init", "interface", "internal", "is", "kwei", "lambda", "log", "lovelace", "max_decimal",
    "max_int128", "max_uint256", "min_decimal", "min_int128", "mwei", "none", "nonlocal", "nonpayable",
    "nonreentrant", "not", "or", "pass", "payable", "public", "pwei", "raise", "range", "return", "shannon",
    "staticcall", "struct", "szabo", "transient", "true", "try", "twei", "wei", "while", "with", "yield",
    "zero_address", "zero_wei",
})  # fmt: skip
"""Lower case: Vyper compares them without regard to case."""

MEMBERS = frozenset({"address", "balance", "code", "codehash", "codesize", "external", "is_contract"})
"""What every contract of Vyper has already."""

BUILT_IN = frozenset({
    "abi_decode", "abi_encode", "abs", "as_wei_value", "blobhash", "block", "blockhash", "bool", "breakpoint",
    "ceil", "chain", "concat", "convert", "create_copy_of", "create_forwarder_to", "create_from_blueprint",
    "create_minimal_proxy_to", "decimal", "default_return_value", "ecadd", "ecmul", "ecrecover", "empty",
    "epsilon", "extract32", "floor", "gas", "int128", "int256", "isqrt", "keccak256", "len", "max", "max_value",
    "method_id", "min", "min_value", "msg", "pow_mod256", "print", "raw_call", "raw_create", "raw_log",
    "raw_revert", "self", "selfdestruct", "send", "sha256", "shift", "slice", "sqrt", "tx", "uint256_addmod",
    "uint256_mulmod", "uint2str", "unsafe_add", "unsafe_div", "unsafe_mul", "unsafe_sub", "value",
})  # fmt: skip
"""What no variable of Vyper may be called."""


def reserved(name: str) -> bool:
    """Whether no function of the chain can have a name."""
    return name.lower() in KEYWORDS or name in MEMBERS


def keyword(name: str) -> bool:
    """Whether nothing in Vyper can have a name."""
    return name.lower() in KEYWORDS


def parameter(name: str) -> str:
    """The name of a parameter: what callers read, so it changes only where it must."""
    digits = name.lower().lstrip("abcdefghijklmnopqrstuvwxyz")
    typed = name.lower()[: len(name) - len(digits)] in ("int", "uint", "bytes") and digits.isdigit()
    return f"{name}_" if keyword(name) or name in BUILT_IN or name in MEMBERS or typed else name


def local(name: str) -> str:
    """A local variable's name in Vyper: all get a mark, since none may have the name of anything else."""
    return f"{name}_"


def quoted(text: str) -> str:
    """A text as Vyper writes it; what is not ASCII goes through its bytes."""
    if all(" " <= c <= "~" for c in text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    octets = text.encode()
    written = "".join("\\x" + octets[i : i + 1].hex() for i in range(len(octets)))
    return f'convert(b"{written}", String[{len(octets)}])'
