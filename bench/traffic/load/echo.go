package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

const binaryFrame = 0x82

// echo serves WebSockets at an address and sends each message back as it came, still masked: a client that knows its
// mask sees whether every byte has passed, and this server does no work of its own.
func echo(address string) error {
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Header.Get("upgrade"), "websocket") {
			return // 200, also for health checks
		}
		key := sha1.Sum([]byte(r.Header.Get("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"+
			"sec-websocket-accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(key[:]))
		echoFrames(conn, buffered.Reader)
	}))
}

func echoFrames(conn net.Conn, from *bufio.Reader) {
	frame := make([]byte, 0, 4096)
	for {
		head, err := from.Peek(4)
		if err != nil || head[0] != binaryFrame {
			return
		}
		size, headBytes := int(head[1]&0x7f), 2
		if size == 126 {
			size, headBytes = int(binary.BigEndian.Uint16(head[2:])), 4
		}
		from.Discard(headBytes + 4)
		frame = appendHead(frame[:0], size, false)
		at := len(frame)
		frame = append(frame, make([]byte, size)...)
		if _, err := io.ReadFull(from, frame[at:]); err != nil {
			return
		}
		if _, err := conn.Write(frame); err != nil {
			return
		}
	}
}

// appendHead appends the head of a frame of less than 64 KiB (RFC 6455, section 5.2).
func appendHead(to []byte, size int, masked bool) []byte {
	mask := byte(0)
	if masked {
		mask = 0x80
	}
	if size < 126 {
		to = append(to, binaryFrame, mask|byte(size))
	} else {
		to = binary.BigEndian.AppendUint16(append(to, binaryFrame, mask|126), uint16(size))
	}
	if masked {
		to = append(to, 1, 2, 3, 4)
	}
	return to
}
