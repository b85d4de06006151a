// The system's extensions, made at most once each, also when many threads ask at the same time.
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor.Internal;

internal sealed partial class ActorSystemImpl
{
    private void LoadExtensions()
    {
        foreach (var name in Settings.Config.GetStringList("akka.extensions"))
        {
            var type = TypeResolver.Find(name);
            if (type is null || type.IsAbstract || !typeof(IExtensionId).IsAssignableFrom(type))
            {
                Log.Error("[{0}] is not an 'ExtensionId', skipping...", name);
                continue;
            }

            RegisterExtension((IExtensionId)Activator.CreateInstance(type)!);
        }
    }

    public override object RegisterExtension(IExtensionId extension) => _extensions.GetOrAdd(
        extension.ExtensionType, _ => new Lazy<object>(() => extension.CreateExtension(this))).Value;

    public override object GetExtension(IExtensionId extensionId) =>
        _extensions.TryGetValue(extensionId.ExtensionType, out var extension) ? extension.Value : null!;

    public override T GetExtension<T>() => TryGetExtension<T>(out var extension) ? extension : null!;

    public override bool HasExtension<T>() => _extensions.ContainsKey(typeof(T));

    public override bool TryGetExtension<T>(out T extension)
    {
        var found = _extensions.TryGetValue(typeof(T), out var lazy);
        extension = (T)lazy?.Value!;
        return found;
    }
}
