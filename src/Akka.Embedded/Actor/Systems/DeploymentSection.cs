// The dispatchers that HOCON gives to actors by their path below /user:
//   akka.actor.deployment { "/parent/child" { dispatcher = my-dispatcher } }
using Akka.Configuration;

namespace Akka.Actor.Internal;

internal sealed class DeploymentSection
{
    private readonly Dictionary<string, string> _dispatchers = [];

    internal DeploymentSection(Config config)
    {
        foreach (var (path, section) in config.GetConfig("akka.actor.deployment")?.AsEnumerable() ?? [])
        {
            if (section.GetChildObject("dispatcher")?.GetString() is { Length: > 0 } dispatcher && path != "default")
            {
                _dispatchers.Add(path, dispatcher);
            }
        }
    }

    internal string? DispatcherOf(ActorPath path)
    {
        if (_dispatchers.Count == 0 || path.Depth < 2)
        {
            return null;
        }

        var names = path.Elements;
        return names[0] == "user" ? _dispatchers.GetValueOrDefault("/" + string.Join('/', names.Skip(1))) : null;
    }
}
