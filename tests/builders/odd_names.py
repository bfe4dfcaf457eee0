"""Names of files and folders that some program between us and the disk might take apart."""

ODD_NAMES = (
    "two words",
    "it's", 'a "b"', "$HOME^^$", "_x", "`date`", "a#b", "50%20%j", "a&b;c|d", "*?[x]", "~user",
    "a\\b", "a:b=c,d", "-n", "a<b", "C++ (2)", "żółć é 电子", "x\u202fy",
)  # fmt: skip
EVERY_ODDITY = '_it\'s "a" $HOME^^$ #1 50%j `x` é &;|~!?[x]*^@,=\\ (<) 电'
"""In one name."""
