"""``python -m glioscope`` is the command ``glioscope``."""

from glioscope.cli import main

if __name__ == "__main__":
    main()
