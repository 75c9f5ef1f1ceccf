// A WebSocket server with github.com/coder/websocket that answers like apps/ws-server.
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"time"

	"github.com/coder/websocket"
)

type reply struct {
	Timestamp string `json:"timestamp"`
	PodIP     string `json:"podIp"`
}

func main() {
	podIP := os.Getenv("POD_IP")
	serve := func(w http.ResponseWriter, r *http.Request) {
		socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
		if err != nil {
			return
		}
		defer socket.CloseNow()
		socket.SetReadLimit(4096)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go ping(ctx, socket)
		for {
			if _, _, err := socket.Read(ctx); err != nil {
				return
			}
			now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
			text, _ := json.Marshal(reply{now, podIP})
			if err := socket.Write(ctx, websocket.MessageText, text); err != nil {
				return
			}
		}
	}
	panic(http.ListenAndServe(os.Getenv("HOST")+":"+os.Getenv("PORT"), http.HandlerFunc(serve)))
}

// ping cuts a peer that does not answer until the next ping.
func ping(ctx context.Context, socket *websocket.Conn) {
	const interval = 25 * time.Second
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			answered, cancel := context.WithTimeout(ctx, interval)
			err := socket.Ping(answered)
			cancel()
			if err != nil {
				socket.CloseNow()
				return
			}
		}
	}
}
