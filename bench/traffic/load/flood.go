package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A request for one flood of upgrades, a line of stdin.
type floodRequest struct {
	// Clients that try again as soon as they have an answer, each time by a new connection.
	Clients int
	Seconds float64
	// Sockets beside it that send nothing, and such that send a head byte by byte; opened again when closed.
	HalfOpen int
	Slow     int
	// Admitted connections that are closed during the flood, one after the other.
	Free int
	// Whether all admitted connections are closed before it.
	Empty bool
	Pids  []int
}

// What came of it, a line of stdout.
type floodResult struct {
	Seconds    float64 `json:"seconds"`
	CpuSeconds float64 `json:"cpuSeconds"`
	// Answers by status; 0: the connection was refused, closed or silent.
	Statuses map[string]int `json:"statuses"`
	// Milliseconds from connecting to a refusal.
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	// When a connection was admitted, in milliseconds from the beginning.
	AdmittedAt []float64 `json:"admittedAt"`
	// When a connection was closed to free its slot, likewise.
	FreedAt []float64 `json:"freedAt"`
	// Of the sockets beside it: how many were closed by the server.
	Closed int64 `json:"closed"`
}

// Longest wait for an answer.
const answerTimeout = 10 * time.Second

// Floods one address; sources are 127.x.y.1 to .50, so that ports do not run out.
type flooder struct {
	address string
	network string
	next    atomic.Int64

	mutex    sync.Mutex
	held     []net.Conn
	statuses map[string]int
	times    []time.Duration
	admitted []float64
}

func flood(address string, network string) error {
	return answer((&flooder{address: address, network: network}).measure)
}

func (f *flooder) measure(r floodRequest) (*floodResult, error) {
	if r.Empty {
		for _, conn := range f.held {
			conn.Close()
		}
		f.held = nil
	}
	f.statuses, f.times, f.admitted = map[string]int{}, nil, []float64{}
	var closed atomic.Int64
	stop := make(chan struct{})
	var beside sync.WaitGroup
	for i := range r.HalfOpen + r.Slow {
		beside.Add(1)
		go func() {
			defer beside.Done()
			f.linger(i < r.Slow, stop, &closed)
		}()
		if i%100 == 99 {
			time.Sleep(20 * time.Millisecond)
		}
	}
	before, err := cpuTime(r.Pids)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	end := began.Add(time.Duration(r.Seconds * float64(time.Second)))
	var group sync.WaitGroup
	for range r.Clients {
		group.Add(1)
		go func() {
			defer group.Done()
			for time.Now().Before(end) {
				f.attempt(began)
			}
		}()
	}
	freed := []float64{}
	for i := range r.Free {
		time.Sleep(time.Until(began.Add(time.Duration(float64(i+1) / float64(r.Free+1) * r.Seconds * float64(time.Second)))))
		f.mutex.Lock()
		if len(f.held) > 0 {
			f.held[0].Close()
			f.held = f.held[1:]
			freed = append(freed, time.Since(began).Seconds()*1000)
		}
		f.mutex.Unlock()
	}
	group.Wait()
	seconds := time.Since(began).Seconds()
	after, err := cpuTime(r.Pids)
	close(stop)
	beside.Wait()
	if err != nil {
		return nil, err
	}
	slices.Sort(f.times)
	slices.Sort(f.admitted)
	return &floodResult{seconds, (after - before).Seconds(), f.statuses, quantile(f.times, 0.5), quantile(f.times, 0.99), f.admitted, freed, closed.Load()}, nil
}

func (f *flooder) dial() (net.Conn, error) {
	source := net.ParseIP(fmt.Sprintf("%s.3.%d", f.network, 1+f.next.Add(1)%50))
	return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: source}, Timeout: answerTimeout}).Dial("tcp", f.address)
}

// attempt asks once; a connection that is admitted stays open.
func (f *flooder) attempt(began time.Time) {
	asked := time.Now()
	conn, err := f.dial()
	status := 0
	if err == nil {
		status = f.ask(conn)
	}
	now := time.Now()
	if status == 0 {
		// A server that is out of places would be asked as fast as this machine can.
		time.Sleep(10 * time.Millisecond)
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.statuses[strconv.Itoa(status)]++
	switch {
	case status == 101:
		f.held = append(f.held, conn)
		f.admitted = append(f.admitted, now.Sub(began).Seconds()*1000)
		go io.Copy(io.Discard, conn)
		return
	case status >= 400:
		f.times = append(f.times, now.Sub(asked))
	}
	if conn != nil {
		conn.Close()
	}
}

func (f *flooder) ask(conn net.Conn) int {
	conn.SetDeadline(time.Now().Add(answerTimeout))
	defer conn.SetDeadline(time.Time{})
	if _, err := conn.Write(upgradeHead(f.address)); err != nil {
		return 0
	}
	response, err := http.ReadResponse(bufio.NewReaderSize(conn, 1024), nil)
	if err != nil {
		return 0
	}
	// To its end, as clients do: what is left unread would make of the close a reset.
	if response.StatusCode != http.StatusSwitchingProtocols {
		io.Copy(io.Discard, response.Body)
	}
	return response.StatusCode
}

// linger keeps a socket at the server that never brings a whole request.
func (f *flooder) linger(slow bool, stop <-chan struct{}, closed *atomic.Int64) {
	head := upgradeHead(f.address)
	for {
		conn, err := f.dial()
		if err == nil {
			gone := make(chan struct{})
			go func() {
				io.Copy(io.Discard, conn)
				close(gone)
			}()
			every := time.Hour
			if slow {
				every = 200 * time.Millisecond
			}
			ticks := time.NewTicker(every)
			for i, open := 0, true; open; {
				select {
				case <-stop:
					ticks.Stop()
					conn.Close()
					return
				case <-gone:
					closed.Add(1)
					open = false
				case <-ticks.C:
					if i < len(head)-2 {
						conn.Write(head[i : i+1])
						i++
					}
				}
			}
			ticks.Stop()
			conn.Close()
		}
		select {
		case <-stop:
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}
