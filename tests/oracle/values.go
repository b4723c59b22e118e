package main

import (
	"encoding/json"
	"strconv"
	"strings"

	kjson "k8s.io/apimachinery/pkg/util/json"
)

// decoded reads a map afresh each time, as Kubernetes reads it: strategicpatch writes into what it is given.
func decoded(text json.RawMessage) (map[string]any, error) {
	value := map[string]any{}
	err := kjson.Unmarshal(text, &value)
	return value, err
}

// exact is value with floats that encode as floats: encoding/json writes 80.0 as 80.
func exact(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		return exactMap(typed)
	case answer:
		return exactMap(typed)
	case []any:
		copied := make([]any, len(typed))
		for i, entry := range typed {
			copied[i] = exact(entry)
		}
		return copied
	case float64:
		text := strconv.FormatFloat(typed, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return json.Number(text)
	}
	return value
}

func exactMap(entries map[string]any) any {
	if entries == nil {
		return nil
	}
	copied := make(map[string]any, len(entries))
	for key, entry := range entries {
		copied[key] = exact(entry)
	}
	return copied
}
