package main

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// bench times strategicpatch, n merges each way. Maps to maps, the copies it writes into are not timed.
func bench(asked request) answer {
	original, err := decoded(asked.Original)
	if err != nil {
		return answer{"error": err.Error()}
	}
	patch, err := decoded(asked.Patch)
	if err != nil {
		return answer{"error": err.Error()}
	}
	var inBytes, inMaps time.Duration
	for range asked.N {
		ownOriginal, ownPatch := runtime.DeepCopyJSON(original), runtime.DeepCopyJSON(patch)
		start := time.Now()
		_, err := strategicpatch.StrategicMergePatch(asked.Original, asked.Patch, corev1.Pod{})
		middle := time.Now()
		_, mapErr := strategicpatch.StrategicMergeMapPatch(ownOriginal, ownPatch, corev1.Pod{})
		inBytes, inMaps = inBytes+middle.Sub(start), inMaps+time.Since(middle)
		if err != nil || mapErr != nil {
			return answer{"error": "the patch is refused"}
		}
	}
	each := func(total time.Duration) float64 { return float64(total.Nanoseconds()) / float64(max(asked.N, 1)) }
	return answer{"ok": map[string]any{"bytes_ns": each(inBytes), "maps_ns": each(inMaps), "n": asked.N}}
}
