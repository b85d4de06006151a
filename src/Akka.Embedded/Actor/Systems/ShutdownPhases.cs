// The phases of the coordinated shutdown as HOCON has them, each after those that it depends on.
using Akka.Configuration;

namespace Akka.Actor;

internal sealed record ShutdownPhase(string Name, IReadOnlyList<string> DependsOn, TimeSpan Timeout, bool Recover);

internal sealed class ShutdownPhases
{
    private readonly Dictionary<string, ShutdownPhase> _byName = [];
    private readonly List<ShutdownPhase> _inOrder = [];

    internal ShutdownPhases(Config config)
    {
        var timeout = config.GetTimeSpan("default-phase-timeout");
        foreach (var (name, _) in config.GetConfig("phases")!.AsEnumerable())
        {
            var phase = config.GetConfig($"phases.\"{name}\"");
            _byName.Add(name, new ShutdownPhase(
                name,
                [.. phase?.GetStringList("depends-on") ?? []],
                phase?.GetTimeSpan("timeout", timeout) ?? timeout,
                phase?.GetBoolean("recover", true) ?? true));
        }

        foreach (var phase in _byName.Values)
        {
            Place(phase, []);
        }
    }

    internal ShutdownPhase Find(string name) => _byName.TryGetValue(name, out var phase)
        ? phase
        : throw new ConfigurationException(
            $"Unknown phase [{name}], known phases [{string.Join(',', _byName.Keys)}]. " +
            "All phases (along with their optional dependencies) must be defined in configuration.");

    internal IEnumerable<ShutdownPhase> InOrder(string? from) =>
        from is null ? _inOrder : _inOrder.SkipWhile(phase => phase.Name != from);

    private void Place(ShutdownPhase phase, HashSet<string> above)
    {
        if (_inOrder.Contains(phase))
        {
            return;
        }

        if (!above.Add(phase.Name))
        {
            throw new ConfigurationException(
                $"Cycle detected in graph of phases. It must be a DAG. phase [{phase.Name}] depends on itself.");
        }

        foreach (var name in phase.DependsOn)
        {
            Place(Find(name), above);
        }

        above.Remove(phase.Name);
        _inOrder.Add(phase);
    }
}
