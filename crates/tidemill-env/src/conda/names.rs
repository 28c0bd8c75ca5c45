//! What a conda package is called on a Python package index, where it exists there at all.

/// What stands for a conda package where no channel can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equivalent {
    /// This package.
    Package(&'static str),
    /// The package of the same name.
    Same,
    /// Nothing: the reason.
    Nothing(&'static str),
    /// It cannot be left out either: the reason.
    Impossible(&'static str),
}

/// The table. Names that are not in it are the same in both worlds, which holds for most Python packages.
const RENAMED: &[(&str, &str)] = &[
    ("pytorch", "torch"),
    ("pytorch-cpu", "torch"),
    ("pytorch-gpu", "torch"),
    ("opencv", "opencv-python-headless"),
    ("py-opencv", "opencv-python-headless"),
    ("libopencv", "opencv-python-headless"),
    ("py-xgboost", "xgboost"),
    ("py-xgboost-cpu", "xgboost"),
    ("py-xgboost-gpu", "xgboost"),
    ("matplotlib-base", "matplotlib"),
    ("tensorflow-gpu", "tensorflow"),
    ("tensorflow-base", "tensorflow"),
    ("tensorflow-mkl", "tensorflow"),
    ("keras-gpu", "keras"),
    ("faiss", "faiss-cpu"),
    ("python-graphviz", "graphviz"),
    ("pytables", "tables"),
    ("msgpack-python", "msgpack"),
    ("prompt_toolkit", "prompt-toolkit"),
    ("importlib_metadata", "importlib-metadata"),
    ("typing_extensions", "typing-extensions"),
    ("dask-core", "dask"),
    ("seaborn-base", "seaborn"),
    ("jupyterlab_server", "jupyterlab-server"),
    ("pysoundfile", "soundfile"),
    ("python-lmdb", "lmdb"),
    ("lightgbm-gpu", "lightgbm"),
    ("catboost-gpu", "catboost"),
    ("pyarrow-core", "pyarrow"),
    ("python-xxhash", "xxhash"),
    ("python-tzdata", "tzdata"),
    ("pillow-simd", "pillow"),
    ("numpy-base", "numpy"),
    ("arrow-cpp", "pyarrow"),
    ("brotlipy", "brotli"),
    ("brotli-python", "brotli"),
    ("pyqt", "pyqt5"),
];

const GPU: &str = "the wheels bring the CUDA parts that they need, or run on the processor";
const SYSTEM: &str = "it is no Python package; the machine's own is used where there is one";
const BUNDLED: &str = "the wheels of the Python packages carry their libraries";
const CHANNEL_ONLY: &str = "it only steers conda's own solver";

const NOTHING: &[(&str, &str)] = &[
    ("pytorch-cuda", GPU),
    ("pytorch-mutex", CHANNEL_ONLY),
    ("cpuonly", "a machine without a GPU runs the same wheels"),
    ("cudatoolkit", GPU),
    ("cudatoolkit-dev", GPU),
    ("cuda-toolkit", GPU),
    ("cuda", GPU),
    ("cuda-nvcc", GPU),
    ("cuda-runtime", GPU),
    ("cuda-version", GPU),
    ("cuda-libraries", GPU),
    ("cudnn", GPU),
    ("nccl", GPU),
    ("nodejs", SYSTEM),
    ("openjdk", SYSTEM),
    ("gcc", SYSTEM),
    ("gxx", SYSTEM),
    ("gcc_linux-64", SYSTEM),
    ("gxx_linux-64", SYSTEM),
    ("gfortran", SYSTEM),
    ("compilers", SYSTEM),
    ("c-compiler", SYSTEM),
    ("cxx-compiler", SYSTEM),
    ("make", SYSTEM),
    ("git", SYSTEM),
    ("git-lfs", SYSTEM),
    ("curl", SYSTEM),
    ("wget", SYSTEM),
    ("ffmpeg", SYSTEM),
    ("graphviz", SYSTEM),
    ("pandoc", SYSTEM),
    ("openmpi", SYSTEM),
    ("mpich", SYSTEM),
    ("openssl", BUNDLED),
    ("ca-certificates", BUNDLED),
    ("libgcc", BUNDLED),
    ("libgcc-ng", BUNDLED),
    ("libstdcxx-ng", BUNDLED),
    ("libgomp", BUNDLED),
    ("libffi", BUNDLED),
    ("libblas", BUNDLED),
    ("libopenblas", BUNDLED),
    ("openblas", BUNDLED),
    ("blas", BUNDLED),
    ("mkl", BUNDLED),
    ("mkl-service", BUNDLED),
    ("intel-openmp", BUNDLED),
    ("llvm-openmp", BUNDLED),
    ("nomkl", CHANNEL_ONLY),
    ("xz", BUNDLED),
    ("zlib", BUNDLED),
    ("bzip2", BUNDLED),
    ("readline", BUNDLED),
    ("sqlite", BUNDLED),
    ("tk", BUNDLED),
    ("ncurses", BUNDLED),
    ("libuuid", BUNDLED),
    ("libiconv", BUNDLED),
    ("libpng", BUNDLED),
    ("libjpeg-turbo", BUNDLED),
    ("freetype", BUNDLED),
    ("libsndfile", BUNDLED),
    ("libxgboost", BUNDLED),
    ("libprotobuf", BUNDLED),
    ("python_abi", CHANNEL_ONLY),
    ("_libgcc_mutex", CHANNEL_ONLY),
    ("_openmp_mutex", CHANNEL_ONLY),
    ("ld_impl_linux-64", SYSTEM),
    ("conda", SYSTEM),
    ("mamba", SYSTEM),
];

/// The equivalent of a conda package on a Python package index.
#[must_use]
pub fn equivalent(name: &str) -> Equivalent {
    if let Some((_, renamed)) = RENAMED.iter().find(|(conda, _)| *conda == name) {
        return if *renamed == name {
            Equivalent::Same
        } else {
            Equivalent::Package(renamed)
        };
    }
    if let Some((_, reason)) = NOTHING.iter().find(|(conda, _)| *conda == name) {
        return Equivalent::Nothing(reason);
    }
    if name == "r" || name == "r-base" || name.starts_with("r-") {
        return Equivalent::Impossible("R packages come from conda channels alone");
    }
    if name.starts_with("cuda-") || name.starts_with("libcu") || name.starts_with("libnv") {
        return Equivalent::Nothing(GPU);
    }
    Equivalent::Same
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_are_known() {
        for (conda, expected) in [
            ("pytorch", Equivalent::Package("torch")),
            ("opencv", Equivalent::Package("opencv-python-headless")),
            ("py-xgboost", Equivalent::Package("xgboost")),
            ("matplotlib-base", Equivalent::Package("matplotlib")),
            ("tensorflow-gpu", Equivalent::Package("tensorflow")),
            ("scikit-learn", Equivalent::Same),
            ("lightgbm", Equivalent::Same),
            ("pytorch-cuda", Equivalent::Nothing(GPU)),
            ("libcublas", Equivalent::Nothing(GPU)),
            ("openmpi", Equivalent::Nothing(SYSTEM)),
            (
                "r-essentials",
                Equivalent::Impossible("R packages come from conda channels alone"),
            ),
        ] {
            assert_eq!(equivalent(conda), expected, "{conda}");
        }
    }

    #[test]
    fn no_name_is_in_the_table_twice() {
        let mut names: Vec<&str> = RENAMED.iter().chain(NOTHING).map(|(name, _)| *name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
