package main

import (
	"bufio"
	"encoding/json"
	"os"
	"time"
)

// answer measures for each line of stdin, a request as JSON, and prints what was measured, until stdin ends.
func answer[Request, Result any](measure func(Request) (Result, error)) error {
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var r Request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return err
		}
		measured, err := measure(r)
		if err != nil {
			return err
		}
		if err := out.Encode(measured); err != nil {
			return err
		}
	}
	return nil
}

// quantile of sorted times, in milliseconds; 0 where there are none.
func quantile(times []time.Duration, q float64) float64 {
	if len(times) == 0 {
		return 0
	}
	return float64(times[int(q*float64(len(times)-1))]) / 1e6
}
