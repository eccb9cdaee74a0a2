import importlib.util

collect_ignore_glob = [] if all(map(importlib.util.find_spec, ("torch", "timm", "zarr"))) else ["work.py"]
