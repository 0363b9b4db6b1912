"""Reads YAML texts as PyYAML does: a list of texts as JSON on stdin, a list of [value] or of an error's words on stdout."""
import json
import sys
import yaml


def told(value):
    """What JSON has no word for (a date, a byte string, a key that is none of text) is no string all the same."""
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            return {"keys": [[told(key), told(item)] for key, item in value.items()]}
        return {key: told(item) for key, item in value.items()}
    if isinstance(value, list):
        return [told(item) for item in value]
    return value if value is None or isinstance(value, (str, bool, int)) else {"type": type(value).__name__}


def read(text):
    try:
        return [told(yaml.load(text, Loader=yaml.SafeLoader))]
    except (yaml.YAMLError, ValueError) as error:
        return str(error)


print(json.dumps([read(text) for text in json.load(sys.stdin)]))
