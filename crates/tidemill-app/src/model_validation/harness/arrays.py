"""Arrays of doubles, one after the other in a file, with their places by name."""
import numpy as np


class Store:
    """A file that grows."""

    def __init__(self, path):
        self.file, self.places, self.at = open(path, "wb"), {}, 0

    def put(self, name, values):
        """Adds an array; its place is counted in doubles."""
        flat = np.ascontiguousarray(np.asarray(values, dtype="<f8").reshape(-1))
        self.places[name] = [self.at, int(flat.size)]
        self.at += int(flat.size)
        self.file.write(flat.tobytes())

    def close(self):
        self.file.close()
