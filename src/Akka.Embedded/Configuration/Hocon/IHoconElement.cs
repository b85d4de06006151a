// What a HOCON value is made of. A value is a sequence of elements, because HOCON concatenates:
// a = some "text" ${b} is one value of five elements (two of them blanks).

namespace Akka.Configuration.Hocon;

/// <summary>A literal, an array, an object, or a substitution, which is as what it stands for is.</summary>
public interface IHoconElement
{
    bool IsString();

    string? GetString();

    bool IsArray();

    IList<HoconValue> GetArray();
}

/// <summary>What may turn out to be an object once substitutions are resolved.</summary>
public interface IMightBeAHoconObject
{
    bool IsObject();

    HoconObject? GetObject();
}
