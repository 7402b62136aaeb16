"""The OpenMP library that llama.cpp needs, for systems without one."""

from importlib.util import find_spec
from pathlib import Path

from arena.embedded.errors import EmbeddedError

NAME = "libgomp.so.1"


def library_folder(folder: Path) -> Path:
    """A folder for LD_LIBRARY_PATH with a link named libgomp.so.1 to pykdtree's copy of it.

    Args:
        folder: where the link is made, if it is not there.
    """
    package = find_spec("pykdtree")
    if package is None or package.origin is None:
        raise EmbeddedError("The package pykdtree is missing: run make run again.")
    libraries = Path(package.origin).parents[1] / "pykdtree.libs"
    library = next(libraries.glob("libgomp*.so*"))
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / NAME
    if not link.exists() or link.resolve() != library.resolve():
        link.unlink(missing_ok=True)
        link.symlink_to(library)
    return folder
