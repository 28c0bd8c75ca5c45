"""Lists the folders of a job's inputs in order of name. Every other folder lists as it always did."""

import os

FOLDERS = []


def _install():
    listdir, scandir, fspath, fsdecode = os.listdir, os.scandir, os.fspath, os.fsdecode
    folders = [os.path.realpath(folder) for folder in FOLDERS] + FOLDERS

    def under_inputs(path):
        try:
            path = os.path.abspath(fsdecode(fspath(path)))
        except (TypeError, ValueError, OSError):
            return False
        return any(path == folder or path.startswith(folder + "/") for folder in folders)

    def sorted_listdir(path="."):
        names = listdir(path)
        return sorted(names) if under_inputs("." if path is None else path) else names

    class SortedEntries:
        def __init__(self, entries):
            with entries:
                self._entries = iter(sorted(entries, key=lambda entry: entry.name))

        def __iter__(self):
            return self

        def __next__(self):
            return next(self._entries)

        def close(self):
            self._entries = iter(())

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.close()

    def sorted_scandir(path="."):
        entries = scandir(path)
        return SortedEntries(entries) if under_inputs("." if path is None else path) else entries

    os.listdir, os.scandir = sorted_listdir, sorted_scandir


_install()
