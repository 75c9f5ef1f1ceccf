package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand"
	"net"
	"slices"
	"sync"
	"time"
)

// A request for one measurement, a line of stdin.
type request struct {
	Connections int
	// Of the payload of a message.
	Bytes int
	// Messages a second over all connections; 0: each connection sends the next when the last has come back.
	PerSecond int
	Seconds   float64
	// Processes whose CPU time is measured.
	Pids []int
}

// What was measured, a line of stdout.
type result struct {
	Messages   int     `json:"messages"`
	Seconds    float64 `json:"seconds"`
	CpuSeconds float64 `json:"cpuSeconds"`
	// Of round trips, in milliseconds.
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	// Messages not sent as the last of their connection was not back.
	Skipped int `json:"skipped"`
}

const (
	openTimeout = 15 * time.Second
	openAtOnce  = 32
	warmUp      = 60 * time.Millisecond
)

// clients takes measurements at a server one after the other, until stdin ends. Connections stay open between them.
func clients(address string) error {
	return answer((&load{address: address}).measure)
}

type load struct {
	address string
	open    []*client

	mutex     sync.Mutex
	sending   bool // each client sends again when a reply has come
	recording bool
	times     []time.Duration
	failed    error
}

type client struct {
	load    *load
	conn    net.Conn
	message []byte
	reply   []byte
	sentAt  time.Time
	waiting bool
}

func (l *load) measure(r request) (*result, error) {
	if err := l.openUpTo(r.Connections); err != nil {
		return nil, err
	}
	payload := make([]byte, r.Bytes)
	rand.Read(payload)
	message := append(appendHead(nil, r.Bytes, true), payload...)
	reply := append(appendHead(nil, r.Bytes, false), payload...)
	some := l.open[:r.Connections]

	l.mutex.Lock()
	l.sending = r.PerSecond == 0
	l.times = make([]time.Duration, 0, 1<<17)
	for _, c := range some {
		c.message, c.reply = message, reply
	}
	l.mutex.Unlock()

	l.pace(some, r.PerSecond, warmUp)
	before, err := cpuTime(r.Pids)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	l.record(true)
	skipped := l.pace(some, r.PerSecond, time.Duration(r.Seconds*float64(time.Second)))
	// To the last reply: neither a slow one is left out nor the work for messages on their way.
	if err := l.settle(some); err != nil {
		return nil, err
	}
	seconds := time.Since(began).Seconds()
	l.record(false)
	after, err := cpuTime(r.Pids)
	if err != nil {
		return nil, err
	}
	slices.Sort(l.times)
	return &result{len(l.times), seconds, (after - before).Seconds(), quantile(l.times, 0.5), quantile(l.times, 0.99), quantile(l.times, 0.999), skipped}, nil
}

func (l *load) record(on bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.recording = on
}

// pace sends so many messages a second, by one connection after the other, for a time. It never waits for a reply, so
// that a slow one is not followed by fewer messages. At 0 a second it starts every connection, and replies do the rest.
func (l *load) pace(some []*client, perSecond int, long time.Duration) (skipped int) {
	if perSecond == 0 {
		for _, c := range some {
			c.send()
		}
		time.Sleep(long)
		return 0
	}
	gap := time.Second / time.Duration(perSecond)
	began := time.Now()
	for i := 0; time.Duration(i)*gap < long; i++ {
		time.Sleep(time.Until(began.Add(time.Duration(i) * gap)))
		if !some[i%len(some)].send() {
			skipped++
		}
	}
	return skipped
}

// settle waits until every message is back.
func (l *load) settle(some []*client) error {
	deadline := time.Now().Add(10 * time.Second)
	l.mutex.Lock()
	l.sending = false
	l.mutex.Unlock()
	for {
		l.mutex.Lock()
		failed, left := l.failed, 0
		for _, c := range some {
			if c.waiting {
				left++
			}
		}
		l.mutex.Unlock()
		if failed != nil {
			return failed
		}
		if left == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d messages to %s are not back after 10 s", left, len(some), l.address)
		}
		time.Sleep(time.Millisecond)
	}
}

// send sends a message unless the last one is not back.
func (c *client) send() bool {
	c.load.mutex.Lock()
	if c.waiting {
		c.load.mutex.Unlock()
		return false
	}
	c.waiting = true
	c.sentAt = time.Now()
	c.load.mutex.Unlock()
	c.conn.Write(c.message) // where it fails, reading fails too
	return true
}

func (c *client) read() {
	buffer := make([]byte, 4096)
	for {
		_, err := io.ReadAtLeast(c.conn, buffer[:1], 1)
		got := 1
		for err == nil && got < len(c.reply) {
			var n int
			n, err = c.conn.Read(buffer[got:len(c.reply)])
			got += n
		}
		now := time.Now()
		l := c.load
		l.mutex.Lock()
		if err == nil && !bytes.Equal(buffer[:got], c.reply) {
			err = fmt.Errorf("a reply is not the message")
		}
		if err != nil {
			l.failed = fmt.Errorf("connection to %s: %w", l.address, err)
			l.mutex.Unlock()
			return
		}
		c.waiting = false
		if l.recording {
			l.times = append(l.times, now.Sub(c.sentAt))
		}
		again := l.sending
		l.mutex.Unlock()
		if again {
			c.send()
		}
	}
}

func (l *load) openUpTo(count int) error {
	var group sync.WaitGroup
	places := make(chan struct{}, openAtOnce)
	added := make([]*client, max(0, count-len(l.open)))
	errs := make([]error, len(added))
	for i := range added {
		places <- struct{}{}
		group.Add(1)
		go func() {
			defer group.Done()
			added[i], errs[i] = l.connect()
			<-places
		}()
	}
	group.Wait()
	for i, c := range added {
		if errs[i] != nil {
			return errs[i]
		}
		l.open = append(l.open, c)
		go c.read()
	}
	return nil
}

func (l *load) connect() (*client, error) {
	conn, err := net.DialTimeout("tcp", l.address, openTimeout)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(openTimeout))
	if _, err := conn.Write(upgradeHead(l.address)); err != nil {
		return nil, err
	}
	head := make([]byte, 0, 1024)
	// No byte too many: what follows are frames, of which there are none yet.
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		n, err := conn.Read(head[len(head):cap(head)])
		if err != nil {
			return nil, fmt.Errorf("upgrade at %s: %w", l.address, err)
		}
		head = head[:len(head)+n]
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
		return nil, fmt.Errorf("upgrade at %s: %q", l.address, head)
	}
	conn.SetDeadline(time.Time{})
	return &client{load: l, conn: conn}, nil
}

// upgradeHead is a valid WebSocket upgrade (RFC 6455, section 4.2.1).
func upgradeHead(host string) []byte {
	return fmt.Appendf(nil, "GET / HTTP/1.1\r\nhost: %s\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"+
		"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", host)
}
