using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace DmIo.Actors.Configuration;

/// <summary>
/// Settings of the service outside the block <c>dmio</c>, where they have no effect: in a block of another spelling
/// (<c>DMIO</c>), without the prefix, or within another block. The service logs a warning for each when it starts, not
/// an error, since they may belong to the application.
/// </summary>
public static class MisplacedSettings
{
    private const string Root = "dmio";
    private const int MaxDepth = 100;

    private static readonly IReadOnlyDictionary<string, HoconValue> Known =
        DmIoSettings.Reference.GetValue(Root).GetObject().Items;

    private static readonly string[] Backends =
        [.. Enum.GetNames<DeviceBackend>().Select(name => name.ToLowerInvariant())];

    /// <summary>Returns a sentence for each misplaced setting, with its path and the likely mistake.</summary>
    public static IReadOnlyList<string> Find(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var faults = new List<string>();
        var visited = new HashSet<HoconObject>(ReferenceEqualityComparer.Instance);
        foreach (var (key, value) in BlockOf(config.IsEmpty ? null : config.Root))
        {
            if (key == Root)
            {
                continue;
            }

            if (IsDevice(value))
            {
                faults.Add($"'{key}' has no effect at the top level. If it is a device, write {Root}.devices.{key}.");
            }
            else if (IsOwn(key, value))
            {
                faults.Add(
                    $"'{key}' has no effect at the top level. If it belongs to the dm-io service, write {Root}.{key}.");
            }
            else
            {
                Visit(key, key, value, faults, visited);
            }
        }

        return faults;
    }

    private static void Visit(
        string path, string key, HoconValue value, List<string> faults, HashSet<HoconObject> visited)
    {
        var block = BlockOf(value);
        if (path.Count(letter => letter == '.') > MaxDepth || !block.Any() || !visited.Add(value.GetObject()))
        {
            return;
        }

        if (string.Equals(key, Root, StringComparison.OrdinalIgnoreCase)
            && block.Any(item => Known.Keys.Contains(item.Key, StringComparer.OrdinalIgnoreCase)))
        {
            faults.Add(path == key
                ? $"'{key}' has no effect: keys are case-sensitive. Write {Root}."
                : $"'{path}' has no effect: the block {Root} belongs to the top level. Is a closing brace missing "
                    + "before it?");
            return;
        }

        foreach (var (name, item) in block)
        {
            Visit($"{path}.{name}", name, item, faults, visited);
        }
    }

    private static bool IsOwn(string key, HoconValue value) => key switch
    {
        "devices" => BlockOf(value).Any(device => IsDevice(device.Value)),
        "nbd-servers" => BlockOf(value).Any(server => BlockOf(server.Value).Any(item => item.Key == "exports")),
        "volumes" => BlockOf(value).Any(volume => BlockOf(volume.Value).Any(item => item.Key == "legs")),
        _ => Known.TryGetValue(key, out var known)
            && BlockOf(value).Any(item => BlockOf(known).Any(own => own.Key == item.Key)),
    };

    private static bool IsDevice(HoconValue value) =>
        BlockOf(value).Any(item => item.Key == "backend" && Backends.Contains(TextOf(item.Value)));

    /// <summary>A bare <c>null</c> is the name of a backend here.</summary>
    private static string? TextOf(HoconValue value) => value.IsString() ? value.GetString() ?? "null" : null;

    private static IEnumerable<KeyValuePair<string, HoconValue>> BlockOf(HoconValue? value) =>
        value?.GetObject()?.Items.OrderBy(item => item.Key, StringComparer.Ordinal)
        ?? Enumerable.Empty<KeyValuePair<string, HoconValue>>();
}
