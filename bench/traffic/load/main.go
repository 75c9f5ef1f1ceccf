// Load for the benchmarks: WebSocket echo servers, and clients that send messages and count what comes back.
// It frames by hand and keeps what it sends, so that it costs little of the machine beside the proxy it measures.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

func main() {
	// One core each: the proxy needs the others.
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(400)
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "echo":
		err = echo(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "clients":
		err = clients(os.Args[2])
	case len(os.Args) == 4 && os.Args[1] == "flood":
		err = flood(os.Args[2], os.Args[3])
	default:
		err = fmt.Errorf("usage: load echo|clients HOST:PORT, or load flood HOST:PORT 127.N")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}
