package main

import (
	"encoding/json"
	"sync"

	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

var tables = map[string]func() typed.ParseableType{
	"":        sync.OnceValue(podType),
	"apply":   sync.OnceValue(podType),
	"compose": sync.OnceValue(func() typed.ParseableType { return granular(podType()) }),
}

// duplicates says whether an original may hold repeated keys.
var duplicates = map[string][]typed.ValidationOptions{"": {typed.AllowDuplicates}, "apply": {typed.AllowDuplicates}}

// apply merges two values as server-side apply does, and refuses what it refuses: first of the original, then of the patch.
func apply(asked request) answer {
	table, known := tables[asked.Table]
	if !known {
		return answer{"error": "request: unknown table " + asked.Table}
	}
	if len(asked.Raw) > 0 {
		if _, err := checked(table(), asked.Raw, duplicates[asked.Table]...); err != nil {
			return answer{"error": "original: " + err.Error()}
		}
	}
	original, err := checked(table(), asked.Original, typed.AllowDuplicates)
	if err != nil {
		return answer{"error": "original: " + err.Error()}
	}
	patch, err := checked(table(), asked.Patch)
	if err != nil {
		return answer{"error": "patch: " + err.Error()}
	}
	merged, err := original.Merge(patch)
	if err != nil {
		return answer{"error": "merge: " + err.Error()}
	}
	return answer{"ok": merged.AsValue().Unstructured()}
}

func checked(table typed.ParseableType, text json.RawMessage, options ...typed.ValidationOptions) (*typed.TypedValue, error) {
	value, err := decoded(text)
	if err != nil {
		return nil, err
	}
	return table.FromUnstructured(value, options...)
}
