"""Parsing, and the forms of Python that contracts have: everything that is not listed here is refused.

The tree that comes out holds only nodes on which the supported versions of Python agree, at most `MAX_DEPTH` deep, with
every decimal literal as the exact `decimal.Decimal` of its spelling: no binary float is left in it.
"""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple, NoReturn

from enigma.contract.reading.forms import ASYNC, GENERIC, PLAIN, PLAIN_MARKS, REFUSED
from enigma.contract.reading.scan import UNSEEN, scan
from enigma.contract.reading.source import Source
from enigma.errors import NotTheLanguage, OutOfFuel, UnknownName

MAX_DEPTH = 60
MAX_TEXT = 1000
INTEGER_BITS = 256

_ONE_AT_A_TIME = threading.Lock()
"""Python 3.11's parser can fail where two threads are in it at once (gh-106905)."""

_TARGETS = "a name, several names, self.field, self.map[key], list[i], L[key], DHT[key] or MPC[key]"


class _Place(NamedTuple):
    """What stands around a node."""

    depth: int = 0
    parent: ast.AST | None = None
    function: bool = False
    loop: bool = False
    chosen: bool = False
    """Directly inside of square brackets that choose: where `...` means all axes that are not named."""


def parse(source: Source) -> ast.Module:
    """The tree of a text, every node checked. Errors: `NotTheLanguage`, `OutOfFuel`, `UnknownName`."""
    scan(source)
    try:
        with _ONE_AT_A_TIME:
            tree = ast.parse("\n".join(source.lines))
    except SyntaxError as error:
        line = min(max(error.lineno or 1, 1), len(source.lines))
        column = min(max((error.offset or 1) - 1, 0), len(source.lines[line - 1]))
        reason = f"this cannot be read: {error.msg}"
        hint = "check the brackets, quotes, colons and indentation up to here"
        raise source.problem_at(NotTheLanguage, line, column, reason, hint) from None
    except (RecursionError, MemoryError):
        reason = "this text is nested too deeply to be read"
        raise source.problem_at(OutOfFuel, 1, 0, reason, "give names to the inner parts") from None
    except ValueError as error:
        reason = f"this cannot be read: {error}"
        raise source.problem_at(NotTheLanguage, 1, 0, reason, "remove what is not text") from None
    _Check(source).run(tree)
    return tree


class _Check:
    """One walk over a tree, without recursion: a deep tree must not exhaust our own stack."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.rules: dict[type[ast.AST], Callable[..., None]] = {
            ast.FunctionDef: self._function,
            ast.ClassDef: self._class,
            ast.arguments: self._arguments,
            ast.arg: self._arg,
            ast.Return: self._return,
            ast.Break: self._jump,
            ast.Continue: self._jump,
            ast.For: self._for,
            ast.While: self._while,
            ast.Assign: self._assign,
            ast.AugAssign: self._augmented,
            ast.AnnAssign: self._annotated,
            ast.Delete: self._delete,
            ast.comprehension: self._comprehension,
            ast.ImportFrom: self._import,
            ast.alias: self._alias,
            ast.Call: self._call,
            ast.keyword: self._keyword,
            ast.Dict: self._dict,
            ast.Constant: self._constant,
            ast.Attribute: self._attribute,
            ast.Name: self._name,
        }

    def run(self, tree: ast.Module) -> None:
        stack: list[tuple[ast.AST, _Place, bool]] = [(tree, _Place(), False)]
        while stack:
            node, place, finished = stack.pop()
            if finished:
                self._idle(node, place)
                continue
            if place.depth > MAX_DEPTH:
                reason = f"this is nested more than {MAX_DEPTH} deep"
                self._refuse(node, place, reason, "give a name to an inner part, or move it to a function", OutOfFuel)
            self._check(node, place)
            if isinstance(node, ast.Name | ast.Constant):
                continue
            if isinstance(node, ast.Expr):
                stack.append((node, place, True))  # what is wrong inside of it is the better reason
            inner = self._inside(node, place)
            index = inner._replace(chosen=True)
            for child in reversed(list(ast.iter_child_nodes(node))):
                if type(child) not in PLAIN_MARKS:
                    around = index if isinstance(node, ast.Subscript) and child is node.slice else inner
                    stack.append((child, around, False))

    def _inside(self, node: ast.AST, place: _Place) -> _Place:
        """What stands around the parts of a node."""
        function = isinstance(node, ast.FunctionDef)
        return _Place(
            place.depth + isinstance(node, ast.expr | ast.stmt),
            node if hasattr(node, "lineno") or place.parent is None else place.parent,
            place.function or function,
            (place.loop or isinstance(node, ast.For | ast.While)) and not function,
            place.chosen and isinstance(node, ast.Tuple),
        )

    def _refuse(
        self,
        node: ast.AST,
        place: _Place,
        reason: str,
        hint: str,
        kind: type[NotTheLanguage | OutOfFuel] = NotTheLanguage,
    ) -> NoReturn:
        """Blame a node, or what stands around it where it has no place of its own."""
        self.source.refuse(kind, node if hasattr(node, "lineno") else place.parent or node, reason, hint)

    def _no(self, node: ast.AST, reason: str, hint: str) -> NoReturn:
        self.source.refuse(NotTheLanguage, node, reason, hint)

    def _check(self, node: ast.AST, place: _Place) -> None:
        kind = type(node)
        if kind in REFUSED:
            self._refuse(node, place, *REFUSED[kind])
        rule = self.rules.get(kind)
        if rule:
            rule(node, place)
        elif kind not in PLAIN:
            hint = "write it with the statements and expressions of the language"
            self._refuse(node, place, f"a contract has no {kind.__name__}", hint)

    # ------------------------------------------------------------ definitions

    def _function(self, node: ast.FunctionDef, place: _Place) -> None:
        if place.function:
            self._no(
                node,
                "a function inside of a function",
                "write it next to the other functions, with what it uses as arguments",
            )
        if not isinstance(place.parent, ast.Module | ast.ClassDef):
            self._no(node, "whether a function exists cannot depend on anything", "write the if inside of the function")
        if getattr(node, "type_params", None):
            self._no(node, *GENERIC)
        if not (node.name == "__init__" and isinstance(place.parent, ast.ClassDef)):
            self._spelling(node, node.name)
        if node.returns is not None:
            self._no(
                node.returns,
                "what a function gives back follows from its lines",
                f"write def {node.name}(...): without ->",
            )

    def _class(self, node: ast.ClassDef, place: _Place) -> None:
        if not isinstance(place.parent, ast.Module):
            self._no(node, "a class inside of another or of a function", "one contract is one class of its own file")
        if getattr(node, "type_params", None):
            self._no(node, *GENERIC)
        for what in [*node.decorator_list, *(keyword.value for keyword in node.keywords)]:
            self._no(
                what,
                "a contract's class has neither decorators nor settings here",
                f"write class {node.name}(Contract):",
            )
        self._spelling(node, node.name)

    def _arguments(self, node: ast.arguments, _: _Place) -> None:
        for star, sign in ((node.vararg, "*"), (node.kwarg, "**")):
            if star:
                reason = f"how many arguments there are must be read from the line: {sign}{star.arg}"
                self._no(star, reason, f"write {star.arg} without {sign}, and pass a list")
        for parameter in node.posonlyargs[:1]:
            self._no(parameter, "a caller may name every argument", "leave the / away")
        for parameter in node.kwonlyargs[:1]:
            self._no(parameter, "a caller may leave the names of arguments away", "leave the * away")
        seen: set[str] = set()
        for parameter in node.args:
            if parameter.arg in seen:
                hint = f"call one of them {parameter.arg}_2"
                self.source.refuse(UnknownName, parameter, f"two parameters are named {parameter.arg}", hint)
            seen.add(parameter.arg)

    def _arg(self, node: ast.arg, _: _Place) -> None:
        self._spelling(node, node.arg)

    # ------------------------------------------------------------ statements

    def _return(self, node: ast.Return, place: _Place) -> None:
        if not place.function:
            self._no(node, "return outside of a function", "move it into a function")

    def _jump(self, node: ast.Break | ast.Continue, place: _Place) -> None:
        if not place.loop:
            word = type(node).__name__.lower()
            self._no(node, f"{word} outside of a loop", "move it into a for or while, or write an if")

    def _for(self, node: ast.For, place: _Place) -> None:
        self._loop(node, place)
        self._names(node.target)

    def _while(self, node: ast.While, place: _Place) -> None:
        self._loop(node, place)

    def _loop(self, node: ast.For | ast.While, place: _Place) -> None:
        if not place.function:
            self._no(node, "a loop outside of a function", "move it into a function")
        if node.orelse:
            self._no(
                node.orelse[0],
                "an else after a loop is read in two ways",
                "set a name before the loop, and test it after it",
            )

    def _idle(self, node: ast.AST, place: _Place) -> None:
        """A line that is neither a call nor a docstring."""
        assert isinstance(node, ast.Expr)
        if isinstance(node.value, ast.Call):
            return
        body = getattr(place.parent, "body", [])
        docstring = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        if (
            docstring
            and body
            and body[0] is node
            and isinstance(place.parent, ast.Module | ast.ClassDef | ast.FunctionDef)
        ):
            return
        if docstring:
            self._no(node, "a text that nobody reads", "write a comment: # ...")
        hint = (
            "assign with =" if isinstance(node.value, ast.Compare) else "assign the value to a name, or remove the line"
        )
        self._no(node, "this line does nothing", hint)

    def _assign(self, node: ast.Assign, _: _Place) -> None:
        if len(node.targets) > 1:
            self._no(node.targets[1], "one line assigns one value to one place", "write one assignment for each name")
        target = node.targets[0]
        if isinstance(target, ast.Tuple | ast.List):
            self._names(target)
        else:
            self._target(target)

    def _augmented(self, node: ast.AugAssign, _: _Place) -> None:
        self._target(node.target)

    def _annotated(self, node: ast.AnnAssign, place: _Place) -> None:
        if not isinstance(node.target, ast.Name) or not node.simple:
            self._no(node.target, "a field's type is declared in the class, once", "leave the annotation away")
        if node.value is None and place.function:
            reason = f"{node.target.id} is declared and gets no value"
            self._no(node, reason, "assign its first value on the same line")

    def _delete(self, node: ast.Delete, _: _Place) -> None:
        for target in node.targets[1:]:
            self._no(target, "one line deletes one entry", "write one del for each entry")
        target = node.targets[0]
        if not isinstance(target, ast.Subscript):
            hint = (
                "leave the line away: what is not used costs nothing"
                if isinstance(target, ast.Name)
                else "write del self.map[key]"
            )
            self._no(target, "only entries of maps and lists are deleted", hint)
        self._target(target)

    def _target(self, target: ast.expr) -> None:
        """A name, a field, or an entry of something."""
        if isinstance(target, ast.Name) or type(target) in REFUSED:
            return
        if isinstance(target, ast.Attribute):
            if isinstance(target.value, ast.Name) and target.value.id == "self":
                return
            self._no(target, "only fields of the contract are assigned", "assign self.field, or a name")
        if not isinstance(target, ast.Subscript):
            self._no(target, "this is not a place for a value", f"assign to {_TARGETS}")
        inside = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
        for key in inside:
            if isinstance(key, ast.Slice):
                self._no(
                    key,
                    "one line changes one entry, not a range of entries",
                    "make the new value with where, concat or a list",
                )
        while isinstance(target, ast.Subscript):
            target = target.value
        if not isinstance(target, ast.Name):
            self._target(target)

    def _names(self, target: ast.expr) -> None:
        """A name, or a tuple of what is one."""
        if isinstance(target, ast.Name) or type(target) in REFUSED:
            return
        if not isinstance(target, ast.Tuple):
            self._no(target, "only names stand here", "assign to names first: a, b = pair; then self.field = a")
        if not target.elts:
            self._no(target, "this is not a place for a value", f"assign to {_TARGETS}")
        for each in target.elts:
            self._names(each)

    def _comprehension(self, node: ast.comprehension, place: _Place) -> None:
        if node.is_async:
            self._refuse(node, place, *ASYNC)
        self._names(node.target)

    def _import(self, node: ast.ImportFrom, place: _Place) -> None:
        if not isinstance(place.parent, ast.Module):
            self._no(node, "what a file imports stands at its top", "move the line to the top of the file")
        if node.level or not node.module:
            self._no(
                node,
                "a contract has no folder: modules are named by what they hold",
                "write from sha256_<digest> import name",
            )

    def _alias(self, node: ast.alias, _: _Place) -> None:
        if node.name == "*":
            self._no(node, "a reader must see where each name comes from", "list the names: import a, b")
        for name in (node.name, node.asname or ""):
            self._spelling(node, name)

    # ------------------------------------------------------------ expressions

    def _call(self, node: ast.Call, _: _Place) -> None:
        seen: set[str] = set()
        for keyword in node.keywords:
            if keyword.arg is None:
                self._no(
                    keyword.value,
                    "how many arguments there are must be read from the line",
                    "write them one by one: name=value",
                )
            if keyword.arg in seen:
                self._no(keyword, f"{keyword.arg} is given twice", "leave one of them away")
            seen.add(keyword.arg)

    def _keyword(self, node: ast.keyword, _: _Place) -> None:
        self._spelling(node, node.arg or "")

    def _dict(self, node: ast.Dict, _: _Place) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self._no(value, "how many entries there are must be read from the line", "write the entries one by one")

    def _constant(self, node: ast.Constant, place: _Place) -> None:
        value: object = node.value
        if isinstance(value, float):
            spelled = self.source.fragment(node).replace("_", "")
            node.value = Decimal(spelled)  # type: ignore[assignment]  # exact: a float would differ from what is written
        elif isinstance(value, int):
            if value.bit_length() > INTEGER_BITS:
                reason = f"a whole number of more than {INTEGER_BITS} bits"
                self.source.refuse(OutOfFuel, node, reason, "write a smaller number")
        elif isinstance(value, str):
            self._text(node, value, place)
        elif value is ...:
            if not place.chosen:
                self._no(
                    node, "... stands for the axes of an array that an index does not name", "write pass, or the value"
                )
        elif value is not None:
            self._no(node, f"a contract has no {type(value).__name__}", "write a number or a text")

    def _text(self, node: ast.Constant, value: str, place: _Place) -> None:
        if len(value) > MAX_TEXT and not isinstance(place.parent, ast.Expr):
            hint = "keep long texts outside of the contract"
            self.source.refuse(OutOfFuel, node, f"a text of more than {MAX_TEXT} characters", hint)
        unseen = UNSEEN.search(value)
        if unseen:
            reason = f"the character U+{ord(unseen[0]):04X} in a text is not visible to whom it is shown"
            self._no(node, reason, "leave the character away")

    def _attribute(self, node: ast.Attribute, _: _Place) -> None:
        if node.attr.startswith("_"):
            reason = f"no attribute begins with _: {node.attr} would lead into the Python that runs the contract"
            bare = node.attr.strip("_")
            named = f"name the field or function {bare}" if re.fullmatch(r"[A-Za-z]\w*", bare) else "remove it"
            hint = f"{named}: what has no @public or @private cannot be called from outside anyway"
            self._no(node, reason, hint if named != "remove it" else named)

    def _name(self, node: ast.Name, _: _Place) -> None:
        self._spelling(node, node.id)

    def _spelling(self, node: ast.AST, name: str) -> None:
        if name.startswith("__"):
            reason = f"{name}: names with two underscores lead into the Python that runs the contract"
            self._no(node, reason, "choose a name without them")
