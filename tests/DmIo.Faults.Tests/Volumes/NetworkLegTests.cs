using System.Net.Sockets;
using DmIo.Nbd.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Faults.Tests.Volumes;

/// <summary>
/// Faults of a leg behind two servers: <c>dmio serve</c>, and nbdkit with filters behind it. A leg that was lost with
/// writes in flight returns when its <c>dmio serve</c> has ended: until then, the server may execute them. A server
/// whose device failed keeps it failed (R14), so that it is started again, too.
/// </summary>
public sealed class NetworkLegTests : IAsyncLifetime
{
    private readonly TemporaryDirectory directory = new();
    private NbdPeer? nbdkit;
    private ServedLeg? leg;
    private VolumeBench? bench;

    private VolumeBench Bench => bench!;

    private ServedLeg Leg => leg!;

    private PeerProcess Nbdkit => nbdkit!.Process;

    private string PauseSocket => directory.FilePath("pause.sock");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await (bench?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (leg?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (nbdkit?.DisposeAsync() ?? ValueTask.CompletedTask);
        directory.Dispose();
    }

    [PeerTheory("nbdkit")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_with_errors_returns_with_a_new_server(bool hasWitness)
    {
        var broken = directory.FilePath("broken");
        await StartAsync(hasWitness, ["--filter=error"], ["error=EIO", "error-rate=1", $"error-file={broken}"]);
        await File.WriteAllTextAsync(broken, "");
        await Bench.UntilLostAsync();
        await Bench.UsersGoOnAsync();
        File.Delete(broken);
        await RestartAsync();
        await Bench.EndAsync();
    }

    [PeerTheory("nbdkit")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_with_some_errors_is_lost_and_returns_again_and_again(bool hasWitness)
    {
        var broken = directory.FilePath("broken");
        await StartAsync(hasWitness, ["--filter=error"], ["error=EIO", "error-rate=20%", $"error-file={broken}"]);
        for (var round = 0; round < 3; round++)
        {
            await File.WriteAllTextAsync(broken, "");
            await Bench.UntilAsync(status => status.Legs[0].State != LegState.InSync);
            await Bench.UsersGoOnAsync();
            File.Delete(broken);
            await RestartAsync();
            await Bench.UntilHealthyAsync();
        }

        await Bench.EndAsync();
    }

    [PeerTheory("nbdkit")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_that_hangs_for_a_moment_is_slow_and_stays_in_sync(bool hasWitness)
    {
        await StartAsync(hasWitness, ["--filter=pause"], [$"pause-control={PauseSocket}"]);
        await SetPausedAsync(true);
        await Bench.UntilAsync(status => status.Legs[0].State == LegState.Slow);
        await SetPausedAsync(false);
        await Bench.UsersGoOnAsync();
        await Bench.EndAsync();
        Assert.DoesNotContain(Bench.History, status => status.Legs[0].State == LegState.Absent);
    }

    [PeerTheory("nbdkit")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_that_hangs_is_lost_and_returns_with_a_new_server(bool hasWitness)
    {
        await StartAsync(hasWitness, ["--filter=pause"], [$"pause-control={PauseSocket}"]);
        await SetPausedAsync(true);
        await ExpectLossAndReturnAsync();
    }

    [PeerTheory("nbdkit")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_whose_storage_server_is_stopped_is_lost_and_returns_with_a_new_server(bool hasWitness)
    {
        await StartAsync(hasWitness, [], []);
        await Nbdkit.StopAsync();
        await ExpectLossAndReturnAsync();
    }

    [PeerTheory("nbdkit")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_whose_storage_server_is_killed_returns_with_new_servers(bool hasWitness)
    {
        await StartAsync(hasWitness, [], []);
        await nbdkit!.KillAsync();
        await ExpectLossAndReturnAsync();
    }

    [PeerTheory("nbdkit")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_whose_server_is_stopped_is_lost_and_returns_with_a_new_server(bool hasWitness)
    {
        await StartAsync(hasWitness, [], []);
        await Leg.Server.StopAsync();
        await ExpectLossAndReturnAsync();
    }

    [PeerTheory("nbdkit")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_whose_server_is_killed_again_and_again_returns_each_time(bool hasWitness)
    {
        await StartAsync(hasWitness, [], []);
        for (var round = 0; round < 3; round++)
        {
            await Leg.KillAsync();
            await Bench.UntilLostAsync();
            await Bench.UsersGoOnAsync();
            await Leg.StartAsync();
            await Bench.UntilHealthyAsync();
        }

        await Bench.EndAsync();
    }

    [PeerFact("nbdkit")]
    public async Task A_leg_whose_server_is_killed_while_it_is_synchronized_returns()
    {
        await StartAsync(hasWitness: false, ["--filter=delay"], ["wdelay=10ms"]);
        await Leg.KillAsync();
        await Bench.UntilLostAsync();
        await Bench.UsersGoOnAsync();
        for (var round = 0; round < 3; round++)
        {
            await Leg.StartAsync();
            await Bench.UntilAsync(status => status.Legs[0].State == LegState.Syncing);
            await Leg.KillAsync();
            await Bench.UntilLostAsync();
        }

        await Leg.StartAsync();
        await Bench.EndAsync();
    }

    [PeerFact("nbdkit")]
    public async Task A_leg_whose_server_is_stopped_while_another_one_is_synchronized_holds_up_neither()
    {
        await StartAsync(hasWitness: false, [], []);
        await Bench.AttachFileAsync("three");
        var adding = Bench.Volume.AddLegAsync("three");
        await Bench.UntilAsync(status => status.Legs.Count == 4);
        await Leg.Server.StopAsync();
        await adding.InTime();
        await Bench.UntilAsync(status => status.Legs[0].State == LegState.Absent
            && status.Legs.Skip(1).All(leg => leg.State == LegState.InSync));
        await Bench.UsersGoOnAsync();
        await RestartAsync();
        await Bench.EndAsync();
    }

    private async Task StartAsync(bool hasWitness, string[] filters, string[] parameters)
    {
        var file = directory.SparseFile("leg", VolumeBench.LegMiB << 20);
        nbdkit = await NbdPeer.NbdkitAsync([.. filters, "file", file, .. parameters]);
        leg = new ServedLeg(nbdkit.Uri.ToString(), directory.FilePath("leg.sock"));
        await leg.StartAsync();
        bench = await VolumeBench.StartAsync(
            await NbdDevice.OpenAsync(new NbdDeviceOptions { Uri = leg.Uri }).InTime(), hasWitness);
    }

    /// <summary>The leg is lost, its users go on, and it returns when both servers are started afresh.</summary>
    private async Task ExpectLossAndReturnAsync()
    {
        await Bench.UntilLostAsync();
        await Bench.UsersGoOnAsync();
        await RestartAsync();
        await Bench.EndAsync();
    }

    /// <summary>Starts both servers afresh.</summary>
    private async Task RestartAsync()
    {
        await Leg.KillAsync();
        await nbdkit!.KillAsync();
        await nbdkit.RestartAsync();
        await Leg.StartAsync();
    }

    /// <summary>Pauses or resumes nbdkit.</summary>
    private async Task SetPausedAsync(bool isPaused)
    {
        using var control = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await control.ConnectAsync(new UnixDomainSocketEndPoint(PauseSocket)).InTime();
        await control.SendAsync(isPaused ? "p"u8.ToArray() : "r"u8.ToArray()).InTime();
        var answer = new byte[1];
        Assert.Equal(1, await control.ReceiveAsync(answer).InTime());
        Assert.Equal(isPaused ? "P"u8.ToArray() : "R"u8.ToArray(), answer);
    }
}
