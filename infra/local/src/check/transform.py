"""SAM's own transform, as CloudFormation runs it, over each template: says how many resources come out.

Arguments: the most there may be, then the templates. What SAM refuses is printed, and ends it.
"""

import logging
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
logging.disable(logging.WARNING)

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# What SAM gives a function besides its own policies.
POLICIES = {
    name: "arn:aws:iam::aws:policy/service-role/" + name
    for name in ("AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole")
}


def uploaded(value):
    """Paths as they are after the upload."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("CodeUri", "ContentUri") and isinstance(inner, str):
                value[name] = "s3://bucket/" + inner
            else:
                uploaded(inner)
    elif isinstance(value, list):
        for inner in value:
            uploaded(inner)


most, failed = int(sys.argv[1]), False
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    uploaded(template)
    parameters = {name: about.get("Default", "given") for name, about in template["Parameters"].items()}
    if "Transform" in template:
        try:
            template = Translator(POLICIES, Parser()).translate(template, parameter_values=parameters)
        except InvalidDocumentException as refusal:
            sys.exit(path + ": " + " ".join(cause.message for cause in refusal.causes))
    count = len(template["Resources"])
    failed = failed or count > most
    print(f"  {os.path.basename(path)}: {count} resources of {most}")
sys.exit(1 if failed else 0)
