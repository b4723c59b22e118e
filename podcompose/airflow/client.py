"""
What the kubernetes client that Airflow uses makes of a manifest when it reads one: how Airflow saw a template.

Nothing of it is said aloud there: an unknown field is gone, `value: true` is the text "True", `hostNetwork: "false"` is true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from podcompose.core.json import Json, JsonMap, kind_of
from podcompose.core.path import format_raw
from podcompose.core.schema import Field
from podcompose.errors import Finding, RawPath
from podcompose.schema.pod import POD

__all__ = ["REQUIRED", "as_read"]


def as_read(manifest: Json, found: list[Finding]) -> JsonMap:
    """
    A manifest as the client's models hold it; what makes the client raise is noted in `found`.

    Source: kubernetes 36, ApiClient.deserialize.

    >>> as_read({"spec": {"hostNetwork": "false", "hostNetwrk": 1, "containers": [{"name": 1, "tty": None}]}}, [])
    {'spec': {'hostNetwork': True, 'containers': [{'name': '1'}]}}
    """
    return _struct(manifest, POD.root, (), found)


def _struct(value: Json, struct: str, raw: RawPath, found: list[Finding]) -> JsonMap:
    """The fields that the client has; of what is no map, a model in which nothing is set."""
    fields = POD.types[struct]
    known = {name: value[name] for name in fields if name in value and value[name] is not None} if type(value) is dict else {}
    for name in REQUIRED.get(struct, ()):
        if name not in known:
            message = f"Airflow's client takes no {struct} without `{name}`"
            found.append(Finding("airflow-refuses", format_raw(raw), message, None, raw))
    return {name: _value(known[name], fields[name], (*raw, name), found) for name in value if name in known}


def _value(value: Json, field: Field, raw: RawPath, found: list[Finding]) -> Json:
    if field.kind == "list":
        return [
            None if one is None else _one(one, field, (*raw, place), found) for place, one in enumerate(_entries(value, raw, found))
        ]
    if field.kind == "map":
        entries = value if type(value) is dict else _unread(value, "map", raw, found, {})
        # A null is sent as one, and the API server reads it as nothing: "" or 0.
        return {name: _NULL[field.of] if one is None else _one(one, field, (*raw, name), found) for name, one in entries.items()}
    return _one(value, field, raw, found)


def _entries(value: Json, raw: RawPath, found: list[Finding]) -> list[Json]:
    """What a loop over a value gives: of a map its keys, of a text its letters."""
    return list(value) if type(value) in (list, dict, str) else _unread(value, "list", raw, found, [])


def _one(value: Json, field: Field, raw: RawPath, found: list[Finding]) -> Json:
    if field.is_struct:
        return _struct(value, field.of, raw, found) if field.of not in POD.free else value
    make = _MAKE.get(field.of)
    if make is None or type(value) is make:
        return value
    try:
        return make(value)
    except TypeError:
        return value
    except (ValueError, OverflowError):
        return _unread(value, field.of, raw, found, value)


def _unread(value: Json, wanted: str, raw: RawPath, found: list[Finding], instead: Json) -> Json:
    message = f"Airflow's client makes no {wanted} of {kind_of(value)}"
    found.append(Finding("airflow-refuses", format_raw(raw), message, None, raw))
    return instead


#: What the client calls on a scalar; all others it takes as they are.
_MAKE: Mapping[str, Callable[[Any], Any]] = {"string": str, "boolean": bool, "int32": int, "int64": int, "Quantity": str}
_NULL = {"string": "", "Quantity": "0"}

#: The fields without which the client makes no model, by struct; held to the client by tests/airflow/test_reconcile.py.
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "AWSElasticBlockStoreVolumeSource": ("volumeID",),
    "AppArmorProfile": ("type",),
    "AzureDiskVolumeSource": ("diskName", "diskURI"),
    "AzureFileVolumeSource": ("secretName", "shareName"),
    "CSIVolumeSource": ("driver",),
    "CephFSVolumeSource": ("monitors",),
    "CinderVolumeSource": ("volumeID",),
    "ClusterTrustBundleProjection": ("path",),
    "ConfigMapKeySelector": ("key",),
    "Container": ("name",),
    "ContainerExtendedResourceRequest": ("containerName", "requestName", "resourceName"),
    "ContainerPort": ("containerPort",),
    "ContainerResizePolicy": ("resourceName", "restartPolicy"),
    "ContainerRestartRule": ("action",),
    "ContainerRestartRuleOnExitCodes": ("operator",),
    "ContainerStateTerminated": ("exitCode",),
    "ContainerStatus": ("image", "imageID", "name", "ready", "restartCount"),
    "DownwardAPIVolumeFile": ("path",),
    "EnvVar": ("name",),
    "EphemeralContainer": ("name",),
    "FileKeySelector": ("key", "path", "volumeName"),
    "FlexVolumeSource": ("driver",),
    "GCEPersistentDiskVolumeSource": ("pdName",),
    "GRPCAction": ("port",),
    "GitRepoVolumeSource": ("repository",),
    "GlusterfsVolumeSource": ("endpoints", "path"),
    "HTTPGetAction": ("port",),
    "HTTPHeader": ("name", "value"),
    "HostAlias": ("ip",),
    "HostIP": ("ip",),
    "HostPathVolumeSource": ("path",),
    "ISCSIVolumeSource": ("iqn", "lun", "targetPortal"),
    "ImageVolumeStatus": ("imageRef",),
    "KeyToPath": ("key", "path"),
    "LabelSelectorRequirement": ("key", "operator"),
    "LinuxContainerUser": ("gid", "uid"),
    "NFSVolumeSource": ("path", "server"),
    "NodeAllocatableResourceClaimStatus": ("resourceClaimName", "resources"),
    "NodeSelector": ("nodeSelectorTerms",),
    "NodeSelectorRequirement": ("key", "operator"),
    "ObjectFieldSelector": ("fieldPath",),
    "OwnerReference": ("apiVersion", "kind", "name", "uid"),
    "PersistentVolumeClaimTemplate": ("spec",),
    "PersistentVolumeClaimVolumeSource": ("claimName",),
    "PhotonPersistentDiskVolumeSource": ("pdID",),
    "PodAffinityTerm": ("topologyKey",),
    "PodCertificateProjection": ("keyType", "signerName"),
    "PodCondition": ("status", "type"),
    "PodExtendedResourceClaimStatus": ("requestMappings", "resourceClaimName"),
    "PodIP": ("ip",),
    "PodOS": ("name",),
    "PodReadinessGate": ("conditionType",),
    "PodResourceClaim": ("name",),
    "PodResourceClaimStatus": ("name",),
    "PodSchedulingGate": ("name",),
    "PodSpec": ("containers",),
    "PortworxVolumeSource": ("volumeID",),
    "PreferredSchedulingTerm": ("preference", "weight"),
    "QuobyteVolumeSource": ("registry", "volume"),
    "RBDVolumeSource": ("image", "monitors"),
    "ResourceFieldSelector": ("resource",),
    "ResourceHealth": ("resourceID",),
    "ResourceStatus": ("name",),
    "ScaleIOVolumeSource": ("gateway", "secretRef", "system"),
    "SeccompProfile": ("type",),
    "SecretKeySelector": ("key",),
    "ServiceAccountTokenProjection": ("path",),
    "SleepAction": ("seconds",),
    "Sysctl": ("name", "value"),
    "TCPSocketAction": ("port",),
    "TopologySpreadConstraint": ("maxSkew", "topologyKey", "whenUnsatisfiable"),
    "TypedLocalObjectReference": ("kind", "name"),
    "TypedObjectReference": ("kind", "name"),
    "Volume": ("name",),
    "VolumeDevice": ("devicePath", "name"),
    "VolumeMount": ("mountPath", "name"),
    "VolumeMountStatus": ("mountPath", "name"),
    "VsphereVirtualDiskVolumeSource": ("volumePath",),
    "WeightedPodAffinityTerm": ("podAffinityTerm", "weight"),
}
