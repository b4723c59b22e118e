package main

import (
	"encoding/json"
	"runtime"
	"time"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	corev1 "k8s.io/api/core/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// timed is a merge in the ways in which it is timed.
type timed struct {
	bytes func(original, patch []byte) ([]byte, error)
	// prepared builds inputs that are its own, and gives the merge of them; nil where the library takes bytes alone.
	prepared func(original, patch map[string]any) (func() (any, error), error)
	// writes says that the merge writes into its inputs: its result is then all that there is.
	writes bool
}

var merges = map[string]timed{
	"": strategicTimed, "strategic": strategicTimed, "apply": applyTimed,
	"rfc7396": {bytes: jsonpatch.MergePatch}, "json-patch": {bytes: applyOperations},
}

var strategicTimed = timed{
	writes: true,
	bytes: func(original, patch []byte) ([]byte, error) {
		return strategicpatch.StrategicMergePatch(original, patch, corev1.Pod{})
	},
	prepared: func(original, patch map[string]any) (func() (any, error), error) {
		original, patch = kruntime.DeepCopyJSON(original), kruntime.DeepCopyJSON(patch)
		return func() (any, error) { return strategicpatch.StrategicMergeMapPatch(original, patch, corev1.Pod{}) }, nil
	},
}

var applyTimed = timed{
	bytes: func(original, patch []byte) ([]byte, error) {
		result := apply(request{Original: original, Patch: patch})
		if text, failed := result["error"]; failed {
			return nil, failure(text.(string))
		}
		return json.Marshal(result["ok"])
	},
	prepared: func(original, patch map[string]any) (func() (any, error), error) {
		left, err := tables["apply"]().FromUnstructured(original)
		if err != nil {
			return nil, err
		}
		right, err := tables["apply"]().FromUnstructured(patch)
		return func() (any, error) { return left.Merge(right) }, err
	},
}

type failure string

func (f failure) Error() string { return string(f) }

// applyOperations applies a JSON patch as kubectl does.
func applyOperations(original, patch []byte) ([]byte, error) {
	operations, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		return nil, err
	}
	return operations.Apply(original)
}

// bench times n merges each way. From what was read beforehand, the copies it writes into are not timed.
func bench(asked request) answer {
	merge, ready, err := benched(asked)
	if err != nil {
		return answer{"error": err.Error()}
	}
	var inBytes, inMaps time.Duration
	for range asked.N {
		start := time.Now()
		if _, err := merge.bytes(asked.Original, asked.Patch); err != nil {
			return answer{"error": err.Error()}
		}
		inBytes += time.Since(start)
		if merge.prepared == nil {
			continue
		}
		job, err := ready()
		if err != nil {
			return answer{"error": err.Error()}
		}
		start = time.Now()
		if _, err := job(); err != nil {
			return answer{"error": err.Error()}
		}
		inMaps += time.Since(start)
	}
	each := func(total time.Duration) float64 { return float64(total.Nanoseconds()) / float64(max(asked.N, 1)) }
	times := map[string]any{"bytes_ns": each(inBytes), "n": asked.N}
	if merge.prepared != nil {
		times["maps_ns"] = each(inMaps)
	}
	return answer{"ok": times}
}

// weigh says how many bytes one more result takes, of n that are kept: without its inputs, unless it is made of them.
func weigh(asked request) answer {
	merge, ready, err := benched(asked)
	if err != nil {
		return answer{"error": err.Error()}
	}
	shared, err := ready()
	if err != nil {
		return answer{"error": err.Error()}
	}
	kept := make([]any, asked.N)
	before := inUse()
	for i := range kept {
		job := shared
		if merge.writes {
			job, _ = ready()
		}
		if kept[i], err = job(); err != nil {
			return answer{"error": err.Error()}
		}
	}
	taken := inUse() - before
	runtime.KeepAlive(kept)
	runtime.KeepAlive(shared)
	return answer{"ok": map[string]any{"bytes": taken / int64(max(asked.N, 1))}}
}

// benched is the merge that is asked about, and how to get it ready: from maps, or from the bytes where there is nothing else.
func benched(asked request) (timed, func() (func() (any, error), error), error) {
	merge, known := merges[asked.Merge]
	if !known {
		return merge, nil, failure("request: unknown merge " + asked.Merge)
	}
	if merge.prepared == nil {
		job := func() (any, error) { return merge.bytes(asked.Original, asked.Patch) }
		return merge, func() (func() (any, error), error) { return job, nil }, nil
	}
	original, err := decoded(asked.Original)
	if err != nil {
		return merge, nil, err
	}
	patch, err := decoded(asked.Patch)
	return merge, func() (func() (any, error), error) { return merge.prepared(original, patch) }, err
}

func inUse() int64 {
	var state runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&state)
	return int64(state.HeapAlloc)
}
