# Visits Sidekiq's Web UI in this process, without a port: what a person's browser would do, forms,
# session and CSRF token included.

require_relative "stack"
require "cgi"
require "rack"
require "sidekiq/web"

# What came back for one path.
Page = Struct.new(:status, :body, :error, keyword_init: true) do
  def ok?
    status == 200
  end

  # The text of each table row, cell by cell. A row of a queue carries its jid as a title only.
  def rows
    body.scan(%r{<tr\b([^>]*)>(.*?)</tr>}m).map do |attributes, cells|
      [*attributes[/title="([^"]*)"/, 1], *cells.scan(%r{<t[dh]\b[^>]*>(.*?)</t[dh]>}m).map { |cell, *| text_of(cell) }]
    end
  end

  def text
    text_of(body[%r{<body.*</body>}m] || body)
  end

  # The paths below `folder` that the page links to: its detail pages.
  def links(folder)
    body.scan(%r{href=["']/?#{folder}/([^"'?]+)}).flatten.uniq.map { |name| "/#{folder}/#{CGI.unescapeHTML(name)}" }
  end

  def token
    body[/name=['"]authenticity_token['"] value=['"]([^'"]+)/, 1]
  end

  private

  def text_of(html)
    without_scripts = html.gsub(%r{<(script|style)\b.*?</\1>}m, " ")
    CGI.unescapeHTML(without_scripts.gsub(/<[^>]*>/, " ")).gsub(/\s+/, " ").strip
  end
end

class Browser
  def initialize
    @session = {}
  end

  def get(path)
    request("GET", path)
  end

  # Presses a button: sends the form's fields with the token of the page that the form is on.
  def press(page, path, fields)
    request("POST", path, fields.merge("authenticity_token" => page.token))
  end

  private

  def request(method, path, fields = {})
    env = Rack::MockRequest.env_for(path, :method => method, :params => fields, "rack.session" => @session)
    status, _headers, body = Sidekiq::Web.call(env)
    text = +""
    body.each { |part| text << part }
    Page.new(status: status, body: text.force_encoding("UTF-8"))
  rescue => error
    # A server would answer 500.
    Page.new(status: 500, body: "", error: "#{error.class}: #{error.message} (#{error.backtrace.first})")
  end
end
