"""The compiled parts of the build, kernels and controllers; everything else stands in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SOURCE = Path(__file__).resolve().parent / "src"


class BuildWithControllers(build_py):
    """Compiles the controllers before the package's files are collected.

    A package is never built without them. An editable installation goes on where the compiler is missing: what needs
    the controllers then says how to make them.
    """

    def run(self) -> None:
        """Compile, then build."""
        sys.path.insert(0, str(SOURCE))
        from enigma.chain.compiling import compile_all
        from enigma.errors import ToolMissing

        try:
            compile_all()
        except ToolMissing as missing:
            if not self.editable_mode:
                raise
            print(f"The controllers are not compiled: {missing}")
        finally:
            sys.path.remove(str(SOURCE))
        super().run()


setup(cffi_modules=["native/build.py:ffibuilder"], cmdclass={"build_py": BuildWithControllers})
