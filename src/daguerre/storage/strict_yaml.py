"""YAML as people write it, without its trap of keys that stand twice."""

from __future__ import annotations

from typing import Any


def load_yaml(text: str) -> Any:
    """Parse one document of plain YAML.

    Raises:
        ValueError: it is no YAML, or a key is given twice; YAML itself would take the last one, unseen.
    """
    import yaml

    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen = set[str]()
            for key, _ in node.value:
                name = str(key.value)
                if name in seen:
                    raise ValueError(f"line {key.start_mark.line + 1}: {name} is given twice")
                seen.add(name)
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader=Strict)  # noqa: S506  (a SafeLoader, made stricter)
    except yaml.YAMLError as e:
        raise ValueError(str(e)) from e
