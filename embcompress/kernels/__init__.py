"""FAISS's kernels over codes: where codes and queries lie in an index, and the indexes made of them."""
