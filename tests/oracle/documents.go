package main

import (
	"encoding/json"
	"errors"

	corev1 "k8s.io/api/core/v1"
	strictjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// decode reads a manifest as the server does with strict field validation, and writes it again.
func decode(asked request) answer {
	pod := corev1.Pod{}
	strict, err := strictjson.UnmarshalStrict(asked.Manifest, &pod)
	if err = errors.Join(append(strict, err)...); err != nil {
		return answer{"error": err.Error()}
	}
	again, err := asJSON(pod)
	return outcome(again, err)
}

// readYAML is the JSON that kubectl takes a YAML text for.
func readYAML(asked request) answer {
	text, err := yaml.YAMLToJSON([]byte(asked.Text))
	if err != nil {
		return answer{"error": err.Error()}
	}
	return answer{"ok": json.RawMessage(text)}
}
