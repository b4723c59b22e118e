package main

import (
	"bytes"
	"encoding/json"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

var podMeta = func() strategicpatch.LookupPatchMeta {
	meta, err := strategicpatch.NewPatchMetaFromStruct(corev1.Pod{})
	if err != nil {
		panic(err)
	}
	return meta
}()

// strategic merges several times over: two times, more often where the outcome can hang on the order of a map. Go walks a small
// map from a random one of eight places, so that two neighbours change places once in eight walks.
func strategic(asked request) answer {
	times := 2
	if bytes.Contains(asked.Patch, []byte("$deleteFromPrimitiveList/")) {
		times = 64
	}
	first := guarded(func() answer { return strategicOnce(asked) })
	for range times - 1 {
		again := guarded(func() answer { return strategicOnce(asked) })
		if differs(first, again) {
			return answer{"race": []any{first, again}}
		}
		if again["panic"] != nil {
			first = again
		}
	}
	return first
}

// differs says whether two answers are more than two of several mistakes of one patch: which one is found first is random.
func differs(one, other answer) bool {
	if (one["ok"] != nil) != (other["ok"] != nil) {
		return true
	}
	return !reflect.DeepEqual(one["ok"], other["ok"])
}

func strategicOnce(asked request) answer {
	original, err := decoded(asked.Original)
	if err != nil {
		return answer{"error": err.Error()}
	}
	patch, err := decoded(asked.Patch)
	if err != nil {
		return answer{"error": err.Error()}
	}
	merged, err := strategicpatch.StrategicMergeMapPatchUsingLookupPatchMeta(original, patch, podMeta)
	return outcome(map[string]any(merged), err)
}

func outcome(value any, err error) answer {
	if err != nil {
		return answer{"error": err.Error()}
	}
	return answer{"ok": value}
}

// asJSON is a typed value as plain maps and lists.
func asJSON(value any) (map[string]any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return decoded(text)
}
