"""The one exception that a person, not a programmer, is meant to read."""


class ClipsafeError(Exception):
    """Something outside the program is wrong and a person can mend it.

    The message is one sentence that names the file, the place in it and what was expected.
    The command line prints it without a traceback and exits with code 2.
    """
