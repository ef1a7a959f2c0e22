"""`python -m infra.lint`: check both templates with cfn-lint, the app's as it is packaged for prod."""

import subprocess
import sys
import tempfile
from pathlib import Path

from infra.package import ROOT, PackageError, package


def main() -> int:
    """Print what cfn-lint finds; 0 where it finds nothing."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "prod"
        try:
            package("prod", target)
        except (PackageError, subprocess.CalledProcessError) as error:
            print(error, file=sys.stderr)
            return 1
        templates = [str(ROOT / "infra" / "data.yaml"), str(target / "template.json")]
        linter = str(Path(sys.executable).with_name("cfn-lint"))
        return subprocess.run([linter, *templates], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
