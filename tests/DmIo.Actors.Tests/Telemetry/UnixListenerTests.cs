using System.Net.Sockets;
using System.Runtime.Versioning;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Actors.Tests.Settings;
using DmIo.Native;
using Xunit;

namespace DmIo.Actors.Tests.Telemetry;

/// <summary>A listening Unix socket and its file.</summary>
public sealed class UnixListenerTests : IDisposable
{
    private const int Backlog = 4;

    private readonly ScratchFolder folder = new();

    private UnixDomainSocketEndPoint Address => new(Path);

    private string Path => folder.PathOf("a.sock");

    public void Dispose() => folder.Dispose();

    [UnixFact]
    [UnsupportedOSPlatform("windows")]
    public void Only_the_user_can_access_the_file()
    {
        using var listener = new UnixListener(Address, Backlog);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
    }

    [Fact]
    public void Closing_removes_the_file()
    {
        var listener = new UnixListener(Address, Backlog);
        Assert.True(File.Exists(Path));

        listener.Dispose();

        Assert.False(File.Exists(Path));
    }

    [LinuxFact]
    public async Task Closing_does_not_remove_the_file_of_a_successor()
    {
        var listener = new UnixListener(Address, Backlog);
        File.Delete(Path);
        using var successor = new UnixListener(Address, Backlog);

        listener.Dispose();
        listener.Dispose();

        using var client = Connect();
        using var accepted = await successor.Socket.AcceptAsync().InTime();
        Assert.True(accepted.Connected);
    }

    [LinuxFact]
    public void Closing_does_not_remove_another_kind_of_file()
    {
        var listener = new UnixListener(Address, Backlog);
        File.Delete(Path);
        File.WriteAllText(Path, "precious");

        listener.Dispose();

        Assert.Equal("precious", File.ReadAllText(Path));
    }

    [Fact]
    public async Task A_listener_with_a_full_backlog_is_detected()
    {
        using var listener = new UnixListener(Address, backlog: 0);
        var clients = new List<Socket>();
        while (TryConnect(clients))
        {
        }

        var fault = await Assert.ThrowsAsync<IOException>(
            () => Task.Run(() => new UnixListener(Address, Backlog)).InTime());

        Assert.Contains("another process listens", fault.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path));
        clients.ForEach(client => client.Dispose());
    }

    [LinuxFact]
    public async Task A_name_in_the_abstract_namespace_has_no_file()
    {
        var address = new UnixDomainSocketEndPoint($"\0{Path}");
        using var listener = new UnixListener(address, Backlog);

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(address).InTime();
        using var accepted = await listener.Socket.AcceptAsync().InTime();

        Assert.Empty(Directory.GetFileSystemEntries(System.IO.Path.GetDirectoryName(Path)!));
    }

    private bool TryConnect(List<Socket> clients)
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        clients.Add(client);
        try
        {
            client.Connect(Address);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private Socket Connect()
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(Address);
        return client;
    }

    /// <summary>A test of code that uses system calls of Linux.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class LinuxFactAttribute : FactAttribute
    {
        public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "Requires system calls of Linux.";
    }
}
