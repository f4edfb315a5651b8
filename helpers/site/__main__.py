"""Build the site: ``python -m helpers.site FOLDER``, by ``make site`` with Sphinx at hand."""

import os
import shutil
import sys
from pathlib import Path

from helpers.lesson.files import NOTEBOOKS_FOLDER, build_root
from helpers.runner.jobs import read_course
from helpers.site.sources import write_sources


def main(target: Path) -> int:
    """Write the sources beside the site and let Sphinx make it; return Sphinx's exit status."""
    from sphinx.cmd.build import build_main
    from sphinx.ext.napoleon import NumpyDocstring

    os.environ["SOURCE_DATE_EPOCH"] = "0"  # no page knows when it was made
    sources = build_root() / "site-sources"
    course = read_course(NOTEBOOKS_FOLDER)
    write_sources(course, NOTEBOOKS_FOLDER, sources, lambda text: str(NumpyDocstring(text)))
    configuration = str(Path(__file__).parent)
    options = ["-b", "html", "-W", "--keep-going", "-E", "-q", "-c", configuration]
    caches = ["-d", str(sources.with_name("site-caches"))]
    made = build_root() / "site-unfinished"
    shutil.rmtree(made, ignore_errors=True)
    status = build_main([*options, *caches, str(sources), str(made)])
    if not status:
        (made / ".buildinfo").unlink()  # a hash of this machine's folders, for Sphinx alone
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
        print(f"open {target / 'index.html'}")
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
