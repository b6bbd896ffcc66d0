"""The files of a new project, for who has the wheel and no checkout."""
