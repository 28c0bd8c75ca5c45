"""A model that MLflow wrote, run by its `pyfunc` flavour."""


class StartError(Exception):
    """Why a model cannot be served."""


class Pyfunc:
    def __init__(self, settings):
        raise StartError("MLflow models are not served yet")
