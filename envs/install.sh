#!/bin/sh
# install.sh VENV: makes the virtual environment VENV and installs the lock and this project in it.
#
# The environment's `installed` file is written last, so a failed or interrupted installation is
# taken up again by the next call. PYTHON names the interpreter to use, if one is preferred.
set -eu

venv=$1
cd "$(dirname "$0")/.."

# "yes" for a Python 3.11-3.13 that can make environments, "no-venv" for one that lacks the module,
# the version for another, nothing for what does not run at all.
judge() {
    "$1" -c '
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    print(sys.version.split()[0])
else:
    try:
        import ensurepip, venv
        print("yes")
    except ImportError:
        print("no-venv")
' 2>/dev/null || true
}

rm -f "$venv/installed"
if [ "$(judge "$venv/bin/python")" != yes ]; then
    found="" lacking="" others=""
    for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3 python}; do
        case $(judge "$candidate") in
            "") ;;
            yes) found=$candidate; break ;;
            no-venv) lacking=${lacking:-$candidate} ;;
            *) others="$others $candidate is $(judge "$candidate");" ;;
        esac
    done
    if [ -z "$found" ] && [ -n "$lacking" ]; then
        echo "darkpixel: $lacking lacks the venv module; install it" \
            "(on Debian and Ubuntu: apt-get install python3-venv) and run make again." >&2
        exit 1
    elif [ -z "$found" ]; then
        echo "darkpixel: needs Python 3.11, 3.12 or 3.13, which was not found" \
            "(${others:- no Python found;} install one, or name it: make PYTHON=/path/to/python3.12)." >&2
        exit 1
    fi
    echo "darkpixel: making $venv with $("$found" --version)"
    "$found" -m venv --clear "$venv"
fi

echo "darkpixel: installing the packages of envs/requirements.lock into $venv (once; some minutes)"
install() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$@"; }
# Without build isolation, pip builds with the locked setuptools and fetches nothing more.
if ! { install --requirement envs/requirements.lock &&
       install --no-deps --no-build-isolation --editable .; }; then
    echo "darkpixel: the installation failed, see above; run make again to take it up." >&2
    exit 1
fi
date > "$venv/installed"
