// The name of an actor: its place in the tree (address and names) and, apart from that, its uid.
// Two paths are equal when their places are; the uid tells one incarnation of a name from the next
// and is compared by actor references only. Paths are immutable and share their parents.
namespace Akka.Actor;

/// <summary>A place in the tree of actors, such as <c>akka://system/user/parent/child</c>.</summary>
public abstract class ActorPath : IEquatable<ActorPath>, IComparable<ActorPath>
{
    internal const long UndefinedUid = 0;
    private const string ValidSymbols = "\"-_.*$+:@&=,!~';()";

    internal static readonly string ValidActorNameDescription =
        "Actor paths MUST: not start with `$`, not be empty, and only contain ASCII letters, digits and these " +
        $"special characters: `{ValidSymbols}`";

    private protected ActorPath(Address address, ActorPath? parent, string name, long uid)
    {
        Address = address;
        Parent = parent!;
        Name = name;
        Uid = uid;
        Depth = parent is null ? 0 : parent.Depth + 1;
    }

    public Address Address { get; }
    public string Name { get; }

    /// <summary>The incarnation; 0 where it is not known, as in a path that was parsed.</summary>
    public long Uid { get; }

    /// <summary>The path above; null for the root.</summary>
    public ActorPath Parent { get; }

    /// <summary>The number of names below the root.</summary>
    public int Depth { get; }

    /// <summary>The names from below the root to this one.</summary>
    public IReadOnlyList<string> Elements
    {
        get
        {
            var names = new string[Depth];
            for (var path = this; path.Depth > 0; path = path.Parent)
            {
                names[path.Depth - 1] = path.Name;
            }

            return names;
        }
    }

    /// <summary>True where a user may give an actor this name: no leading <c>$</c>, no foreign character.</summary>
    public static bool IsValidPathElement(string s)
    {
        if (string.IsNullOrEmpty(s) || s[0] == '$')
        {
            return false;
        }

        for (var i = 0; i < s.Length; i++)
        {
            if (char.IsAsciiLetterOrDigit(s[i]) || ValidSymbols.Contains(s[i]))
            {
                continue;
            }

            var escaped = s[i] == '%' && i + 2 < s.Length
                && char.IsAsciiHexDigit(s[i + 1]) && char.IsAsciiHexDigit(s[i + 2]);
            if (!escaped)
            {
                return false;
            }

            i += 2;
        }

        return true;
    }

    public static bool TryParse(string path, out ActorPath actorPath)
    {
        actorPath = null!;
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            return false;
        }

        var slash = path.IndexOf('/', scheme + 3);
        var place = slash < 0 ? path : path[..slash];
        if (!Address.TryParse(place, out var address))
        {
            return false;
        }

        actorPath = new RootActorPath(address!);
        var names = slash < 0 ? [] : path[(slash + 1)..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names)
        {
            actorPath /= name;
        }

        return true;
    }

    public static ActorPath operator /(ActorPath path, string name)
    {
        var hash = name.IndexOf('#', StringComparison.Ordinal);
        return hash < 0
            ? new ChildActorPath(path, name, UndefinedUid)
            : new ChildActorPath(path, name[..hash], long.Parse(name.AsSpan(hash + 1)));
    }

    public static ActorPath operator /(ActorPath path, IEnumerable<string> name) =>
        name.Where(element => !string.IsNullOrEmpty(element)).Aggregate(path, (parent, element) => parent / element);

    public string ToStringWithoutAddress() => "/" + string.Join('/', Elements);
    public string ToStringWithUid() => Uid == UndefinedUid ? ToString() : $"{ToString()}#{Uid}";
    public override string ToString() => Address + ToStringWithoutAddress();

    public bool Equals(ActorPath? other)
    {
        if (other is null || Depth != other.Depth)
        {
            return false;
        }

        ActorPath one = this, two = other;
        while (!ReferenceEquals(one, two))
        {
            if (one.Depth == 0)
            {
                return one.Address.Equals(two.Address);
            }

            if (one.Name != two.Name)
            {
                return false;
            }

            one = one.Parent;
            two = two.Parent;
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as ActorPath);
    public override int GetHashCode() => HashCode.Combine(Depth, Name);
    public int CompareTo(ActorPath? other) => string.CompareOrdinal(ToString(), other?.ToString());

    public static bool operator ==(ActorPath? left, ActorPath? right) => Equals(left, right);
    public static bool operator !=(ActorPath? left, ActorPath? right) => !Equals(left, right);
}

/// <summary>The root of one system's tree.</summary>
public sealed class RootActorPath : ActorPath
{
    public RootActorPath(Address address, string name = "")
        : base(address, parent: null, name, UndefinedUid)
    {
    }
}

/// <summary>Any path below the root.</summary>
public sealed class ChildActorPath : ActorPath
{
    public ChildActorPath(ActorPath parentPath, string name, long uid)
        : base(parentPath.Address, parentPath, name, uid)
    {
    }
}
