using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Nbd.Server;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>libnbd, without its own checks, sends invalid requests, gets the specified errors, and continues on the
/// same connection.</summary>
public sealed class NbdshErrorTests
{
    private const string GoesOn = """

        h.pwrite(b"on" * 2048, 8192)
        assert h.pread(4096, 8192) == b"on" * 2048
        """;

    [PeerTheory("nbdsh")]
    [InlineData("\"EINVAL\", h.pread, 512, h.get_size()")]
    [InlineData("\"EINVAL\", h.pread, 1024, h.get_size() - 512")]
    [InlineData("\"EINVAL\", h.pread, 512, (1 << 64) - 512")]
    [InlineData("\"EINVAL\", h.trim, 512, h.get_size()")]
    [InlineData("\"EINVAL\", h.trim, 0xfffff000, 4096")]
    [InlineData("\"EINVAL\", h.cache, 4096, h.get_size()")]
    [InlineData("\"EINVAL\", h.block_status, 4096, h.get_size(), lambda *extents: 0")]
    [InlineData("\"ENOSPC\", h.pwrite, b'x' * 512, h.get_size()")]
    [InlineData("\"ENOSPC\", h.pwrite, b'x' * 100000, h.get_size() - 512")]
    [InlineData("\"ENOSPC\", h.zero, 512, h.get_size()")]
    [InlineData("\"ENOSPC\", h.zero, 0xfffff000, 0")]
    public Task Past_the_end(string call) => FailsAsync(call);

    [PeerTheory("nbdsh")]
    [InlineData("\"EINVAL\", h.pread, 512, 0, 1 << 9")]
    [InlineData("\"EINVAL\", h.pwrite, b'x' * 512, 0, 1 << 9")]
    [InlineData("\"EINVAL\", h.pwrite, b'x' * 512, 0, nbd.CMD_FLAG_NO_HOLE")]
    [InlineData("\"EINVAL\", h.flush, 1 << 4")]
    [InlineData("\"EINVAL\", h.trim, 512, 0, nbd.CMD_FLAG_FAST_ZERO")]
    [InlineData("\"EINVAL\", h.zero, 512, 0, 1 << 15")]
    [InlineData("\"EINVAL\", h.cache, 512, 0, nbd.CMD_FLAG_REQ_ONE")]
    [InlineData("\"EINVAL\", h.block_status, 512, 0, lambda *extents: 0, 1 << 7")]
    public Task A_flag_that_the_command_does_not_have(string call) => FailsAsync(call);

    [PeerFact("nbdsh")]
    public Task Status_of_an_empty_range() => FailsAsync("\"EINVAL\", h.block_status, 0, 0, lambda *extents: 0");

    [PeerFact("nbdsh")]
    public async Task Status_that_was_not_negotiated()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await UnconnectedScriptAsync($"""
            h.connect_uri("{served.Uri()}")
            h.set_strict_mode(0)
            fails("EINVAL", h.block_status, 4096, 0, lambda *extents: 0)
            """ + GoesOn);
    }

    [PeerFact("nbdsh")]
    public Task Requests_of_length_zero_succeed() => AfterAsync("""
        h.set_strict_mode(0)
        h.pwrite(b"", 0)
        h.zero(0, 0)
        h.trim(0, 0)
        h.cache(0, 0)
        """);

    [PeerTheory("nbdsh")]
    [InlineData("h.pwrite, b'x' * 512, 0")]
    [InlineData("h.zero, 512, 0")]
    [InlineData("h.trim, 512, 0")]
    public async Task Writing_to_a_read_only_export(string call)
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync(
            new NbdExport { Name = "disk", Device = "disk", IsReadOnly = true },
                new MemoryDevice(ByteSize.FromMiB(4)));

        await ScriptAsync(served.Uri(), $"""
            assert h.is_read_only()
            h.set_strict_mode(0)
            fails("EPERM", {call})
            assert h.pread(4096, 0) == bytes(4096)
            """);
    }

    [PeerFact("nbdsh")]
    public async Task The_error_of_the_device()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", new FaultyDevice(
            new MemoryDevice(ByteSize.FromMiB(4)),
            seed: 1,
            new FaultRule { Filter = OperationFilter.On(IoOperation.Write), Errno = 28 },
            new FaultRule { Filter = OperationFilter.On(IoOperation.Read) },
            new FaultRule { Filter = OperationFilter.On(IoOperation.Flush), Errno = 5 }));

        await ScriptAsync(served.Uri(), """
            fails("ENOSPC", h.pwrite, b"x" * 4096, 0)
            fails("EIO", h.pread, 4096, 0)
            fails("EIO", h.flush)
            """);
    }

    [PeerFact("nbdsh")]
    public async Task Invalid_options_are_refused_and_others_are_still_answered()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await UnconnectedScriptAsync($$"""
            h.set_opt_mode(True)
            h.connect_uri("{{served.Uri()}}")
            h.set_export_name("attic")
            fails("ENOENT", h.opt_info)
            fails("ENOENT", h.opt_go)
            h.set_export_name("disk")
            h.add_meta_context("base:allocation")
            h.add_meta_context("nobody:knows")
            h.opt_info()
            assert h.get_size() == {{ServedDisks.SizeBytes}}
            assert h.can_meta_context("base:allocation")
            found = []
            h.clear_meta_contexts()
            h.opt_list_meta_context(lambda name: found.append(name))
            assert found == ["base:allocation"], found
            h.opt_list(lambda name, description: found.append(name))
            assert found[1:] == ["disk"], found
            h.opt_go()
            """ + GoesOn);
    }

    private static Task FailsAsync(string call) => AfterAsync($"""
        h.set_strict_mode(0)
        fails({call})
        """);

    private static async Task AfterAsync(string script)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        await ScriptAsync(served.Uri(), script + GoesOn);
    }
}
