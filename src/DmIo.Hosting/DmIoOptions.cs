using DmIo.Hosting.Configuration;
using DmIo.Io;

namespace DmIo.Hosting;

/// <summary>
/// The settings of the service in code: pool, policies and devices. A property that is null has the value that is
/// configured elsewhere. Each property and method writes the key of <c>hocon/reference.conf</c> that it names; the key
/// is validated at the start.
/// </summary>
public sealed class DmIoOptions
{
    private readonly Dictionary<string, DmIoDeviceOptions> devices = new(StringComparer.Ordinal);

    internal DmIoOptions()
    {
    }

    /// <summary>Key <c>pool.max-pages</c>: the limit of pages (4096 bytes each) in all leases together.</summary>
    public int? MaxPages { get; set; }

    /// <summary>Key <c>pool.slab-pages</c>: the number of pages that the pool allocates at a time.</summary>
    public int? SlabPages { get; set; }

    /// <summary>Key <c>pool.check</c>: detects writes to pages that are not leased.</summary>
    public bool? ChecksPages { get; set; }

    /// <summary>Key <c>leases.waiting-per-page</c>: the limit of waiting requests, per page of a lease.</summary>
    public int? WaitingPerPage { get; set; }

    /// <summary>Key <c>dispatcher</c>: the dispatcher of the service's actors.</summary>
    public string? Dispatcher { get; set; }

    /// <summary>Key <c>shutdown-timeout</c>: the limit on the wait for I/O in flight when the service stops.</summary>
    public TimeSpan? ShutdownTimeout { get; set; }

    /// <summary>Block <c>device-defaults</c>: the defaults of all devices.</summary>
    public DmIoDeviceOptions DeviceDefaults { get; } = new(new HoconTree());

    /// <summary>Adds a device in a regular file or on a block device.</summary>
    /// <param name="name">The name that regions use.</param>
    /// <param name="path">The path, relative to the working directory of the process.</param>
    /// <param name="configure">Further settings.</param>
    /// <exception cref="ArgumentException">These options already have a device of that name.</exception>
    public DmIoOptions AddFile(string name, string path, Action<DmIoDeviceOptions>? configure = null) =>
        Add(name, new HoconTree { ["backend"] = "file", ["path"] = path }, configure);

    /// <summary>Adds a device in memory, which initially reads as zeroes. Its contents are lost when the system
    /// ends.</summary>
    /// <param name="name">The name that regions use.</param>
    /// <param name="size">The size, a multiple of 512 bytes.</param>
    /// <param name="configure">Further settings.</param>
    /// <exception cref="ArgumentException">These options already have a device of that name.</exception>
    public DmIoOptions AddMemory(string name, ByteSize size, Action<DmIoDeviceOptions>? configure = null) =>
        Add(name, new HoconTree { ["backend"] = "memory", ["size"] = HoconTree.TextOf(size) }, configure);

    /// <summary>Adds a device that discards writes and reads as zeroes.</summary>
    /// <param name="name">The name that regions use.</param>
    /// <param name="size">The size, a multiple of 512 bytes.</param>
    /// <param name="configure">Further settings.</param>
    /// <exception cref="ArgumentException">These options already have a device of that name.</exception>
    public DmIoOptions AddNull(string name, ByteSize size, Action<DmIoDeviceOptions>? configure = null) =>
        Add(name, new HoconTree { ["backend"] = "null", ["size"] = HoconTree.TextOf(size) }, configure);

    /// <summary>Adds a device that a provider opens by URI, such as an NBD export on another machine.</summary>
    /// <param name="name">The name that regions use.</param>
    /// <param name="uri">As in <c>nbd://host:10809/name</c>.</param>
    /// <param name="configure">Further settings.</param>
    /// <exception cref="ArgumentException">These options already have a device of that name.</exception>
    public DmIoOptions AddUri(string name, string uri, Action<DmIoDeviceOptions>? configure = null) =>
        Add(name, new HoconTree { ["backend"] = "uri", ["uri"] = uri }, configure);

    internal HoconTree ToTree()
    {
        var tree = new HoconTree
        {
            ["pool"] = new HoconTree
            {
                ["max-pages"] = HoconTree.TextOf(MaxPages),
                ["slab-pages"] = HoconTree.TextOf(SlabPages),
                ["check"] = HoconTree.TextOf(ChecksPages),
            },
            ["leases"] = new HoconTree { ["waiting-per-page"] = HoconTree.TextOf(WaitingPerPage) },
            ["dispatcher"] = Dispatcher,
            ["shutdown-timeout"] = HoconTree.TextOf(ShutdownTimeout),
            ["device-defaults"] = DeviceDefaults.ToTree(),
        };
        if (devices.Count > 0)
        {
            var blocks = new HoconTree();
            foreach (var (name, device) in devices)
            {
                blocks[name] = device.ToTree();
            }

            tree["devices"] = blocks;
        }

        return tree;
    }

    private DmIoOptions Add(string name, HoconTree backend, Action<DmIoDeviceOptions>? configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var device = new DmIoDeviceOptions(backend);
        if (!devices.TryAdd(name, device))
        {
            throw new ArgumentException($"A device named '{name}' is already added.", nameof(name));
        }

        configure?.Invoke(device);
        return this;
    }
}
