using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Nbd.Server;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>libnbd sends every command, and checks every reply.</summary>
public sealed class NbdshCommandTests
{
    [PeerTheory("nbdsh")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Written_data_is_read_back(bool tcp)
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await ScriptAsync(served.Uri(tcp), """
            import random
            data = random.Random(1).randbytes(3 << 20)
            h.pwrite(data, 4096)
            assert h.pread(len(data), 4096) == data
            assert h.pread(4096, 0) == bytes(4096)
            h.pwrite(data[:512], h.get_size() - 512, nbd.CMD_FLAG_FUA)
            assert h.pread(512, h.get_size() - 512) == data[:512]
            h.flush()
            """);
    }

    [PeerFact("nbdsh")]
    public async Task Zeroes_trims_and_cache_requests_take_effect()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await ScriptAsync(served.Uri(), """
            h.pwrite(b"x" * (1 << 20), 0)
            h.zero(8192, 4096)
            h.zero(8192, 65536, nbd.CMD_FLAG_NO_HOLE | nbd.CMD_FLAG_FUA)
            h.trim(8192, 131072, nbd.CMD_FLAG_FUA)
            h.cache(1 << 20, 0)
            read = h.pread(1 << 20, 0)
            assert read[:4096] == b"x" * 4096
            assert read[4096:12288] == bytes(8192)
            assert read[12288:65536] == b"x" * 53248
            assert read[65536:73728] == bytes(8192)
            assert read[73728:131072] == b"x" * 57344
            assert read[139264:] == b"x" * ((1 << 20) - 139264)
            """);
    }

    [PeerFact("nbdsh")]
    public async Task A_zeroing_or_a_trim_may_be_longer_than_any_payload()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", new NullDevice(ByteSize.FromGiB(8)));

        await ScriptAsync(served.Uri(), """
            h.trim((4 << 30) - 4096, 4096)
            h.zero((4 << 30) - 4096, 1 << 30)
            """);
    }

    [PeerFact("nbdsh")]
    public async Task Chunks_of_a_structured_read_cover_the_range_once()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await ScriptAsync(served.Uri(), """
            assert h.get_structured_replies_negotiated()
            h.pwrite(b"x" * (1 << 20), 1 << 20)
            seen = []
            def chunk(data, offset, status, error):
                seen.append((offset, len(data), status))
            def covered(start, length):
                at = start
                for offset, size, status in sorted(seen):
                    assert offset == at, (offset, at)
                    at += size
                assert at == start + length
            read = h.pread_structured(3 << 20, 512, chunk)
            covered(512, 3 << 20)
            assert read == bytes((1 << 20) - 512) + b"x" * (1 << 20) + bytes((1 << 20) + 512)
            seen.clear()
            h.pread_structured(1 << 20, 512, chunk, nbd.CMD_FLAG_DF)
            assert len(seen) == 1, seen
            covered(512, 1 << 20)
            """);
    }

    [PeerTheory("nbdsh")]
    [InlineData(64)]
    [InlineData(4096)]
    public async Task Requests_of_42_and_64_MiB_are_served(int pages)
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync(
            new NbdExport { Name = "disk", Device = "disk", Pages = pages }, ServedDisks.NewMemory());

        await ScriptAsync(served.Uri(), """
            import random
            data = random.Random(1).randbytes(64 << 20)
            h.pwrite(data, 0)
            assert h.pread(len(data), 0) == data
            h.pwrite(data[:42 << 20], 4096 + 77)
            assert h.pread(42 << 20, 4096 + 77) == data[:42 << 20]
            """);
    }

    [PeerFact("nbdsh")]
    public async Task Simple_replies_work_as_well()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await UnconnectedScriptAsync($"""
            h.set_request_structured_replies(False)
            h.connect_uri("{served.Uri()}")
            assert not h.get_structured_replies_negotiated()
            h.pwrite(b"y" * (3 << 20), 4096)
            assert h.pread(3 << 20, 4096) == b"y" * (3 << 20)
            h.set_strict_mode(0)
            fails("EINVAL", h.pread, 512, h.get_size())
            fails("EINVAL", h.pread, 512, 0, nbd.CMD_FLAG_DF)
            assert h.pread(512, 4096) == b"y" * 512
            """);
    }

    [PeerTheory("nbdsh")]
    [InlineData(64)]
    [InlineData(4096)]
    public async Task Simple_replies_of_concurrent_requests_are_not_interleaved(int pages)
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync(
            new NbdExport { Name = "disk", Device = "disk", Pages = pages }, ServedDisks.NewMemory());

        await UnconnectedScriptAsync($"""
            import random
            h.set_request_structured_replies(False)
            h.set_strict_mode(0)
            h.connect_uri("{served.Uri()}")
            assert not h.get_structured_replies_negotiated()
            size = h.get_size()
            data = random.Random(1).randbytes(size)
            for at in range(0, size, 1 << 20):
                h.pwrite(data[at:at + (1 << 20)], at)
            reads = []
            wrong = []
            for at in range(24):
                length = (65536, 65537, 300000, 8 << 20, 32 << 20, 512)[at % 6]
                offset = at * 12345
                buffer = nbd.Buffer(length)
                reads.append((offset, length, buffer, h.aio_pread(buffer, offset)))
                wrong.append(h.aio_pread(nbd.Buffer(4096), size - 512))
            while h.aio_in_flight() > 0:
                h.poll(-1)
            for offset, length, buffer, cookie in reads:
                assert h.aio_command_completed(cookie)
                assert buffer.to_bytearray() == data[offset:offset + length], (offset, length)
            for cookie in wrong:
                fails("EINVAL", h.aio_command_completed, cookie)
            """);
    }

    [PeerFact("nbdsh")]
    public async Task Block_status_covers_the_requested_range()
    {
        var (served, _) = await ServedDisks.WithFileAsync();
        await using var ends = served;

        await ScriptAsync(served.Uri(), """
            assert h.can_meta_context(nbd.CONTEXT_BASE_ALLOCATION)
            h.pwrite(b"x" * 65536, 1 << 20)
            seen = []
            def extents(context, offset, entries, error):
                assert context == "base:allocation" and error.value == 0
                seen.append((offset, entries))
            h.block_status(4 << 20, 0, extents)
            ((offset, entries),) = seen
            assert offset == 0 and 0 < sum(entries[0::2]), entries
            at = 0
            for length, state in zip(entries[0::2], entries[1::2]):
                assert length > 0
                assert state == 0 or not (at < (1 << 20) + 65536 and at + length > 1 << 20), entries
                at += length
            seen.clear()
            h.block_status(4 << 20, 4096, extents, nbd.CMD_FLAG_REQ_ONE)
            ((offset, entries),) = seen
            assert offset == 4096 and len(entries) == 2 and 0 < entries[0] <= 4 << 20, entries
            assert entries[1] == nbd.STATE_HOLE | nbd.STATE_ZERO, entries
            """);
    }

    [PeerFact("nbdsh")]
    public async Task Sixteen_concurrent_requests_get_their_own_replies()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await ScriptAsync(served.Uri(), """
            for at in range(512):
                h.pwrite(bytes([at % 251]) * 4096, at * 4096)
            reads = []
            for at in range(512):
                buffer = nbd.Buffer(4096)
                reads.append((at, buffer, h.aio_pread(buffer, at * 4096)))
            while h.aio_in_flight() > 0:
                h.poll(-1)
            for at, buffer, cookie in reads:
                assert h.aio_command_completed(cookie)
                assert buffer.to_bytearray() == bytes([at % 251]) * 4096, at
            """);
    }

    [PeerFact("nbdsh")]
    public async Task A_flush_on_one_connection_covers_the_other()
    {
        await using var served = await ServedDisks.StartAsync();
        var device = new RecordingDevice(new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(4)), seed: 1));
        await served.AddAsync("disk", device);

        await ScriptAsync(served.Uri(), $"""
            assert h.can_multi_conn()
            other = nbd.NBD()
            other.connect_uri("{served.Uri()}")
            h.pwrite(b"z" * 512, 0)
            other.flush()
            assert other.pread(512, 0) == b"z" * 512
            """);
        Assert.Equal(
            [IoOperation.Write, IoOperation.Flush, IoOperation.Read], device.Calls.Select(call => call.Operation));
    }

    [PeerFact("nbdsh")]
    public async Task Neighbors_of_a_write_or_a_zeroing_are_unchanged()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await ScriptAsync(served.Uri(), """
            model = bytearray(b"m" * 20000)
            h.pwrite(bytes(model) + bytes(480), 0)
            def write(offset, data):
                h.pwrite(data, offset)
                model[offset:offset + len(data)] = data
            def zero(offset, length):
                h.zero(length, offset)
                model[offset:offset + length] = bytes(length)
            write(1, b"a")
            write(511, b"bc")
            write(4000, b"d" * 5000)
            write(9999, b"e" * 513)
            zero(100, 7)
            zero(700, 9000)
            h.trim(3001, 15001)
            after = h.pread(20000, 0)
            assert after[:3001] == bytes(model[:3001])
            assert after[18002:] == bytes(model[18002:20000])
            assert h.pread(4999, 3) == after[3:5002]
            assert h.pread(1, 511) == b"b"
            """);
    }

    [PeerFact("nbdsh")]
    public async Task Byte_ranges_are_served_from_devices_with_larger_blocks()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", new LimitedDevice(
            new MemoryDevice(ByteSize.FromMiB(4)),
                description => description with { BlockSize = ByteSize.FromKiB(4) }));

        await ScriptAsync(served.Uri(), """
            assert h.get_block_size(nbd.SIZE_MINIMUM) == 1
            h.pwrite(b"x" * 10, 4090)
            h.zero(3, 4095)
            h.trim(10, 1)
            assert h.pread(14, 4088) == b"\0\0xxxxx\0\0\0xx\0\0"
            """);
    }
}
